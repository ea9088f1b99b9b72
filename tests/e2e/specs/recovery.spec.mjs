// Machines on which something went wrong: a clock that is repaired with a ticket, a machine that was
// restored and is accepted as it is; both counted, both in the ledger.
import { readFile } from "node:fs/promises";
import { expect, opened, payload, refuses, test } from "../world.mjs";

const rights = `repair_clock = { count = 1, max_back = "1 day" }
release_dead = { quota = 1, cooldown = "1 day" }`;

/** A portal with a token made under an entitlement on these terms. */
async function begun(page, site, vendor, terms) {
  const desk = await opened(page, site, vendor, await vendor.bundle(terms));
  return { desk, token: await desk.token() };
}

test("a clock challenge becomes a ticket, once, as far as the entitlement goes", async ({ page, site, vendor }) => {
  const { desk, token } = await begun(page, site, vendor, { rights });
  const challenge = await vendor.strange(token, "clock", 3 * 3600);
  await desk.drop(challenge);
  await expect(desk.heading(/^Tell machine .* the right time$/)).toBeVisible();
  await expect(page.getByText(/^Lets the machine go back by (3 hours|2 hours 59 minutes)$/)).toBeVisible();
  await expect(page.getByText("1 of 1")).toBeVisible();

  const pressed = Math.floor(Date.now() / 1000) * 1000;
  const ticket = await desk.download(page.getByRole("button", { name: "Make time ticket" }));
  expect(ticket).toMatch(/clock\.ticket$/);
  await expect(desk.heading(/^The time ticket for machine .* is made$/)).toBeVisible();
  const [asked, told] = [await payload(challenge), await payload(ticket)];
  expect([told.nonce, told.device]).toEqual([asked.nonce, asked.device]);
  // The time is that of the press, not of the drop.
  expect(Date.parse(told.time)).toBeGreaterThanOrEqual(pressed);
  expect(Date.parse(told.time)).toBeLessThanOrEqual(Date.now());
  // Its reader finds it in order, from the pinned root down.
  const machine = await vendor.machine("reader");
  await machine.must("verify", ticket, "--trust", vendor.trust);
  await desk.tab("Ledger");
  await expect(page.getByRole("row", { name: /was told the time: back by/ })).toBeVisible();
  await desk.tab("License a machine");

  // Again: the stored file. Another one: none left; but forward is free. Too far: whatever is left.
  await refuses(desk, "request-used", () => desk.drop(challenge));
  const again = await desk.download(page.getByRole("button", { name: "Download the file issued before" }));
  expect(again).toMatch(/clock\.ticket$/);
  expect(await readFile(again)).toEqual(await readFile(ticket));
  await refuses(desk, "clock-repairs-spent", async () => desk.drop(await vendor.strange(token, "clock", 3600)));
  await refuses(desk, "clock-too-far-back", async () => desk.drop(await vendor.strange(token, "clock", 2 * 86_400)));
  await desk.drop(await vendor.strange(token, "clock", 0));
  await expect(page.getByText("which is free")).toBeVisible();
  await desk.download(page.getByRole("button", { name: "Make time ticket" }));
});

test("without the right there is no ticket", async ({ page, site, vendor }) => {
  const { desk, token } = await begun(page, site, vendor);
  await refuses(desk, "right-missing", async () => desk.drop(await vendor.strange(token, "clock", 3600)));
});

test("a restored machine is accepted by a switch, and once only", async ({ page, site, vendor }) => {
  const { desk, token } = await begun(page, site, vendor, { rights });
  const first = await desk.answer(await vendor.strange(token, "lfr", 40), { "Bot Creator": 2 });
  await desk.again();

  // It was restored to the state before; ordinary requests are refused.
  await refuses(desk, "machine-rolled-back", async () => desk.drop(await vendor.strange(token, "lfr", 7)));
  const guide = await desk.guide("A machine was restored from a copy");
  await expect(guide.getByText("postern-verifier request")).toBeVisible();
  const restored = await vendor.strange(token, "restored", 7, first);
  await desk.drop(restored);
  const fork = page.locator("[data-fork]");
  await expect(fork).toContainText("Usage records there7");
  await expect(fork).toContainText("40, told at");
  await expect(fork).toContainText("1 of 1 left, 1 day apart");
  const accept = page.getByLabel("Accept this machine as it is now");
  await expect(accept).not.toBeChecked();
  await desk.seats("Bot Creator").fill("3");
  await expect(desk.issueButton()).toBeDisabled();
  await accept.check();
  await expect(desk.issueButton()).toBeEnabled();
  await accept.uncheck();
  await expect(desk.issueButton()).toBeDisabled();
  await accept.check();
  const license = await payload(await desk.download(desk.issueButton()));
  expect([license.device.epoch, license.sequence]).toEqual([1, 2]);
  expect(license.accept_fork.usage).toEqual((await payload(restored)).usage);
  expect(license.acknowledged.map((one) => one.count)).toEqual([40, 7]);

  await page.getByRole("link", { name: "Back to the guide: A machine was restored from a copy" }).click();
  await expect(guide.getByText("Done: machine").last()).toContainText("was accepted");
  await expect(guide.getByText("It is over", { exact: true })).toBeVisible();
  await guide.getByRole("button", { name: "Close the guide" }).click();
  await expect(page.getByRole("row", { name: /restored and accepted as it was/ })).toBeVisible();
  await desk.tab("License a machine");
  // The copy gets nothing more, and the one acceptance is spent.
  await refuses(desk, "machine-epoch", async () => desk.drop(await vendor.strange(token, "lfr", 50)));
  await refuses(desk, "releases-spent", async () => desk.drop(await vendor.strange(token, "restored", 8, first)));
});
