// Node-locked licenses at an administrator's portal, with the real programs on both sides of the gap.
import { readFile, rm } from "node:fs/promises";
import { cadPolicy, expect, opened, test } from "../world.mjs";

const policy = cadPolicy(`
[policy.rights]
release_dead = { quota = 1, cooldown = "1 day" }

[policy.consumption.pages]
limit = 100
overage = 0
every = "unlimited"
`);

const license = (id, more = "") => `
[[license]]
id = "${id}"
policy = "cad"
name = "License ${id}"
${more}
`;

const user = "ada@plant.example";
const both = `${policy}${license("cad-7")}${license("cad-8", `users = ["${user}"]`)}`;

/** A machine on which a license is activated by its key, its request and its license. */
async function activated(desk, vendor, name) {
  const machine = await vendor.machine(name);
  const request = await machine.activate("--key-file", await vendor.secretFile("cad-7"));
  const license = await desk.activated(request);
  await machine.must("install", license);
  await desk.again();
  return { machine, request, license };
}

test("by key and by user, used, given back, and on to another machine", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ licenses: both }));
  const { machine: first, request, license } = await activated(desk, vendor, "first");
  expect(license).toMatch(/license\.lic$/);
  expect((await first.must("check", "rendering")).licensed ?? true).toBeTruthy();
  await first.must("consume", "pages", "12");
  await first.must("variable", "set", "line", "7");

  // The same request again is answered by the same file.
  await desk.drop(request);
  await expect(desk.refusal("request-used")).toBeVisible();
  expect(await readFile(await desk.carryOut("Download the file issued before"))).toEqual(await readFile(license));

  // By user, at the same portal; a wrong password is none of the entitlements'.
  const second = await vendor.machine("second");
  const wrong = await vendor.secretFile("cad-7");
  await desk.drop(await second.activate("--user", user, "--password-file", wrong));
  await expect(desk.refusal("portal-no-credential")).toBeVisible();
  const password = await vendor.secretFile("cad-8", user);
  await second.must("install", await desk.activated(await second.activate("--user", user, "--password-file", password)));
  await desk.again();

  // One machine at a time.
  const third = await vendor.machine("third");
  const key = await vendor.secretFile("cad-7");
  const waiting = await third.activate("--key-file", key);
  await desk.drop(waiting);
  await expect(desk.refusal("machines-too-many")).toBeVisible();

  const file = await first.deactivate();
  await desk.drop(file);
  await expect(desk.heading(/gives its license back$/)).toBeVisible();
  await expect(page.getByText("12 units in all")).toBeVisible();
  await expect(page.getByText("Variable line")).toBeVisible();
  const receipt = await desk.carryOut("Settle and make receipt");
  expect((await vendor.postern("inspect", receipt, "--trust", vendor.trust)).ok).toBe(true);
  expect(receipt).toMatch(/deactivation\.receipt$/);
  expect((await first.verifier("check", "rendering")).code).toBe("license-none");
  // Its old license is of no use there.
  expect((await first.verifier("install", license)).code).toBe("activation-closed");
  await desk.drop(file);
  await expect(desk.refusal("deactivation-settled")).toBeVisible();
  const again = await desk.carryOut("Download the file issued before");
  expect(await readFile(again)).toEqual(await readFile(receipt));

  await third.must("install", await desk.activated(waiting));
  await third.must("check", "rendering");
});

test("a refresh raises and cuts, and an activation that is closed gets none", async ({ page, site, vendor }) => {
  const before = await vendor.bundle({ licenses: both });
  const desk = await opened(page, site, vendor, before);
  const { machine } = await activated(desk, vendor, "first");
  const refresh = async () => {
    await desk.tab("Overview");
    await page.getByRole("button", { name: "Refresh", exact: true }).first().click();
    await expect(desk.heading(/^Refresh machine/)).toBeVisible();
  };
  await machine.must("consume", "pages", "90");
  const report = vendor.path("report.req");
  await machine.must("report", "-o", report);
  await desk.drop(report);
  await expect(desk.heading(/^Record what machine/)).toBeVisible();
  await page.getByRole("button", { name: "Record it" }).click();
  await expect(page.getByText("The machine's report is in the ledger.")).toBeVisible();
  expect((await machine.verifier("consume", "pages", "20")).ok).toBe(false);

  const raised = both
    .replace('{ rendering = "on" }', '{ rendering = "on", export = 5 }')
    .replace("limit = 100", "limit = 200");
  await desk.drop(await vendor.bundle({ licenses: raised }, before));
  await expect(page.getByText("The newer bundle is loaded.")).toBeVisible();
  await refresh();
  const file = await desk.carryOut("Issue refresh file");
  const other = await vendor.machine("other");
  expect((await other.verifier("install", file)).code).toBe("not-enrolled");
  await machine.must("install", file);
  await machine.must("check", "export");
  await machine.must("consume", "pages", "20");

  const latest = vendor.path("2.bundle");
  await desk.drop(await vendor.bundle({ licenses: both.replace('{ rendering = "on" }', "{}") }, latest));
  await expect(page.getByText("The newer bundle is loaded.")).toBeVisible();
  await refresh();
  await machine.must("install", await desk.carryOut("Issue refresh file"));
  expect((await machine.verifier("check", "rendering")).ok).toBe(false);

  await refresh();
  const late = await desk.carryOut("Issue refresh file");
  await desk.drop(await machine.deactivate());
  await desk.carryOut("Settle and make receipt");
  expect((await machine.verifier("install", late)).code).toBe("activation-closed");
});

test("a dead machine makes place, once", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ licenses: both }));
  const { machine: dead } = await activated(desk, vendor, "dead");
  await desk.tab("Overview");
  await page.getByRole("button", { name: "Release", exact: true }).first().click();
  const act = page.getByRole("button", { name: "Release machine", exact: true });
  await expect(act).toBeDisabled();
  await page.getByLabel("Reason").fill("Burnt down");
  await expect(act).toBeEnabled();
  await act.click();
  await expect(page.getByText("The machine was released as dead.")).toBeVisible();
  const key = await vendor.secretFile("cad-7");
  await desk.drop(await dead.activate("--again", "--key-file", key));
  await expect(desk.refusal("machine-released")).toBeVisible();
  await page.getByRole("button", { name: "Drop another request" }).click();
  await desk.tab("Ledger");
  await expect(page.getByText("Burnt down")).toBeVisible();
  await desk.tab("License a machine");
  const { machine: next } = await activated(desk, vendor, "next");
  await desk.tab("Overview");
  await page.getByRole("button", { name: "Release", exact: true }).first().click();
  await expect(desk.refusal("releases-spent")).toBeVisible();
  await next.must("check", "rendering");
});

test("what must not be activated says why", async ({ page, site, vendor }) => {
  const off = license("off-1", "allow_offline_activation = false");
  const paid = license("paid-1", 'license_type = "subscription"');
  const desk = await opened(page, site, vendor, await vendor.bundle({ licenses: `${policy}${off}${paid}` }));
  for (const [id, code] of [["off-1", "offline-not-allowed"], ["paid-1", "subscription-offline"]]) {
    const machine = await vendor.machine(id);
    await desk.drop(await machine.activate("--key-file", await vendor.secretFile(id)));
    await expect(desk.refusal(code)).toBeVisible();
    await expect(desk.issueButton()).toBeHidden();
    await rm(vendor.path(id), { recursive: true });
  }
});
