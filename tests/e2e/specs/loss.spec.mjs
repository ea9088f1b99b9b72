// What an administrator can lose, and how the account goes on: the ledger, and the portal's key. Real programs on both
// sides, and a browser that knows nothing of the one before.
import { cadPolicy, Desk, expect, opened, test } from "../world.mjs";

const licenses = `${cadPolicy()}
[[license]]
id = "cad-7"
policy = "cad"
`;

/** A license activated on a machine, at a portal whose browser is then lost. */
async function activated(page, site, vendor) {
  const bundle = await vendor.bundle({ licenses });
  const desk = await opened(page, site, vendor, bundle);
  const machine = await vendor.machine("plant");
  const key = await vendor.secretFile("cad-7");
  const license = await desk.activated(await machine.activate("--key-file", key));
  await machine.must("install", license);
  await desk.again();
  return { desk, bundle, machine, key, license };
}

/** A browser that has seen nothing yet, with this bundle unlocked and its ledger begun where the vendor says. */
async function anew(browser, site, vendor, bundle) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.url);
  const desk = new Desk(page, vendor);
  await desk.open(bundle);
  return desk;
}

/** The machine is known and gets its next license; no second one gets the place that it has. */
async function goesOn(desk, vendor, machine, key) {
  const second = await vendor.machine("second");
  await desk.drop(await second.activate("--key-file", key));
  await expect(desk.refusal("machines-too-many")).toBeVisible();
  await machine.must("install", await desk.activated(await machine.activate("--again", "--key-file", key)));
  expect((await machine.must("status")).license.sequence).toBe(2);
  await machine.must("check", "rendering");
}

test("a lost ledger begins its next epoch with what the machines show", async ({ page, site, vendor, browser }) => {
  const { bundle, machine, key, license } = await activated(page, site, vendor);
  const shown = await machine.activate("--again", "--key-file", key);

  // A browser without the ledger does not go on by guessing: the machine remembers more.
  const ignorant = await anew(browser, site, vendor, bundle);
  await ignorant.drop(shown);
  await expect(ignorant.refusal("ledger-stale").first()).toBeVisible();

  const renewed = await vendor.renew({ licenses }, bundle, "--new-epoch", "--machine", shown, license);
  await goesOn(await anew(browser, site, vendor, renewed), vendor, machine, key);

  // The old ledger has been replaced, for whoever still has it.
  await page.bringToFront();
  await new Desk(page, vendor).drop(renewed);
  await expect(page.locator("[data-code], .alert").first()).toBeVisible();
});

test("a portal's new key goes on from the exported ledger", async ({ page, site, vendor, browser }) => {
  const { desk, bundle, machine, key } = await activated(page, site, vendor);
  const ledger = await desk.exported();
  const renewed = await vendor.renew({ licenses }, bundle, "--re-key", "--ledger", ledger);
  await goesOn(await anew(browser, site, vendor, renewed), vendor, machine, key);
});
