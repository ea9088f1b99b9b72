// What goes wrong on a real machine, with the real programs on both sides of the gap: a store put back from a backup, a
// clock that is told the time; and use of what was licensed.
import { cp, readFile, rm } from "node:fs/promises";
import { enrolled, expect, opened, test } from "../world.mjs";

const rights = `repair_clock = { count = 1, max_back = "1 day" }
release_dead = { quota = 1, cooldown = "1 day" }`;

test("a store put back from a backup is found out, said, and accepted once", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ rights }));
  const machine = await enrolled(desk, "hamburg");
  const state = vendor.path("hamburg");
  await machine.must("install", await desk.answer(await machine.request(), { "Bot Creator": 2 }));
  await desk.again();
  await machine.request();
  await cp(state, vendor.path("backup"), { recursive: true });
  await machine.must("checkout", "bot-creator", "--user", "ada");
  const lost = await desk.answer(await machine.request(), { "Bot Creator": 3 });
  await desk.again();

  await rm(state, { recursive: true });
  await cp(vendor.path("backup"), state, { recursive: true });
  const refused = await machine.verifier("install", lost);
  expect(refused.code).toBe("usage-rolled-back");
  const status = await machine.must("status");
  expect(status.usage.fork).not.toBeNull();
  expect(status.license.use).toBe("full");
  await machine.must("audit", "--proofs", vendor.path("proofs"));

  // The next request says so; the portal answers it only when the administrator accepts the machine.
  await desk.drop(await machine.request());
  await expect(desk.page.locator("[data-fork]")).toBeVisible();
  await desk.seats("Bot Creator").fill("3");
  await expect(desk.issueButton()).toBeDisabled();
  await desk.page.getByLabel("Accept this machine as it is now").check();
  const accepted = await desk.download(desk.issueButton());
  await machine.must("install", accepted);
  const after = await machine.must("status");
  expect([after.machine.epoch, after.usage.fork, after.license.sequence]).toEqual([1, null, 3]);
  await desk.again();

  // From here on it is a machine like any other.
  await machine.must("checkout", "bot-creator", "--user", "ben");
  await machine.must("install", await desk.answer(await machine.request(), { "Bot Creator": 4 }));
});

test("a clock challenge crosses the gap and its ticket comes back", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ rights }));
  const machine = await enrolled(desk, "hamburg");
  await machine.must("install", await desk.answer(await machine.request(), { "Bot Creator": 2 }));
  await desk.again();
  const challenge = vendor.path("clock.req");
  await machine.must("clock", "challenge", "-o", challenge);
  await desk.drop(challenge);
  await expect(page.getByText("which is free")).toBeVisible();
  const ticket = await desk.download(page.getByRole("button", { name: "Make time ticket" }));
  expect((await machine.must("clock", "repair", ticket)).back).toBe(0);
  expect((await machine.verifier("clock", "repair", ticket)).code).toBe("challenge-none");
  expect((await machine.must("status")).clock.state).toBe("trusted");
});

test("what was licensed is used, reported and given back", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle());
  const machine = await enrolled(desk, "hamburg");
  await machine.must("install", await desk.answer(await machine.request(), { "Bot Creator": 1, "Bot Runner": 2 }));
  await desk.again();
  const session = await machine.must("checkout", "bot-runner", "--for", "nightly run");
  await machine.must("checkout", "bot-runner", "--user", "ada");
  expect((await machine.verifier("checkout", "bot-runner", "--user", "ben")).code).toBe("seats-taken");
  await machine.must("release", "--session", session.session);
  await machine.must("checkout", "bot-runner", "--user", "ben");
  await desk.drop(await machine.request());
  await expect(page.locator("[data-seat=bot-runner]")).toContainText("in use: 2");
  const licensePage = vendor.path("license.html");
  await machine.must("status", "--html", licensePage);
  expect(await readFile(licensePage, "utf8")).toContain("bot-runner");
  await machine.must("audit");

  // The help desk looks into the machine's support file.
  const support = vendor.path("support.json");
  await machine.must("support", "-o", support);
  await desk.drop(support);
  await expect(page.locator("[data-kind=postern-support]")).toContainText("Nobody signs such a file");
  await expect(page.getByRole("main")).toContainText("status.license.stateactive");
  await expect(page.getByRole("main")).not.toContainText(/\bada\b/);
});
