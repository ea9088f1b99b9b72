// What an administrator can lose, and how the account goes on: the ledger, and the portal's key. Real programs on both
// sides, and a browser that knows nothing of the one before.
import { readFile } from "node:fs/promises";
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

test("a lost ledger begins its next epoch, step by step", async ({ page, site, vendor, browser }) => {
  const { bundle, machine, key, license } = await activated(page, site, vendor);
  const shown = await machine.activate("--again", "--key-file", key);

  // A browser without the ledger does not go on by guessing: the machine remembers more.
  const ignorant = await anew(browser, site, vendor, bundle);
  await ignorant.drop(shown);
  await expect(ignorant.refusal("ledger-stale").first()).toBeVisible();

  const guide = await ignorant.guide("The ledger is lost");
  await ignorant.drop([shown, license]);
  await expect(guide.getByText("1 machine so far.")).toBeVisible();
  // The same file again is the same file.
  await ignorant.drop(shown);
  const pack = await ignorant.download(guide.getByRole("button", { name: "Pack 2 files for the vendor" }));
  const packed = await readFile(pack);
  for (const file of [shown, license]) expect(packed.includes(await readFile(file))).toBe(true);
  await expect(guide.getByText("postern renew account.toml --previous acme.bundle --new-epoch")).toBeVisible();
  // The vendor takes days: the guide is still there.
  await ignorant.page.reload();
  await ignorant.unlock();
  await ignorant.page.getByRole("link", { name: "Back to the guide: The ledger is lost" }).click();
  await expect(guide.getByText("Done: the files are packed")).toBeVisible();

  const renewed = await vendor.renew({ licenses }, bundle, "--new-epoch", "--machine", shown, license);
  await ignorant.drop(renewed);
  await expect(guide.getByText("it begins the ledger's life 2")).toBeVisible();
  await guide.getByRole("button", { name: "Begin the ledger" }).click();
  await ignorant.tab("Ledger");
  await expect(guide.getByText("It is over", { exact: true })).toBeVisible();
  await guide.getByRole("button", { name: "Close the guide" }).click();
  await expect(guide).toBeHidden();
  await ignorant.tab("License a machine");
  await goesOn(ignorant, vendor, machine, key);

  // The old ledger has been replaced, for whoever still has it.
  await page.bringToFront();
  await new Desk(page, vendor).drop(renewed);
  await expect(page.locator("[data-code], .alert").first()).toBeVisible();
});

test("an export that turns up is the ledger again", async ({ page, site, vendor, browser }) => {
  const { desk, bundle, machine, key } = await activated(page, site, vendor);
  const ledger = await desk.exported();
  const other = await (await browser.newContext()).newPage();
  await other.goto(site.url);
  const found = new Desk(other, vendor);
  await found.drop(bundle);
  await found.unlock();
  const guide = await found.guide("The ledger is lost");
  await found.drop(ledger);
  await expect(guide.getByText("The ledger is back")).toBeVisible();
  await guide.getByRole("button", { name: "Close the guide" }).click();
  await found.tab("License a machine");
  await goesOn(found, vendor, machine, key);
});

test("a portal's new key goes on from the exported ledger, step by step", async ({ page, site, vendor }) => {
  const { desk, bundle, machine, key } = await activated(page, site, vendor);
  const guide = await desk.guide("The key is lost, or others may know it");
  const ledger = await desk.download(guide.getByRole("button", { name: "Export ledger" }));
  await guide.getByRole("button", { name: "Make a key in this browser" }).click();
  const command = guide.locator("pre.log");
  await expect(command).toContainText("--re-key --ledger acme.ledger");
  const code = (await command.textContent()).match(/license_code = "(PSTN1-[^"]+)"/)[1];
  const terms = { licenses, key: `{ license_code = "${code}" }` };
  const renewed = await vendor.renew(terms, bundle, "--re-key", "--ledger", ledger);
  await desk.drop(renewed);
  await desk.unlock();
  await desk.beginLedger();
  await desk.tab("Ledger");
  await expect(guide.getByText("The account goes on with the new key")).toBeVisible();
  await guide.getByRole("button", { name: "Close the guide" }).click();
  await desk.tab("License a machine");
  await goesOn(desk, vendor, machine, key);
});

test("a deputy imports the ledger and goes on with it, step by step", async ({ page, site, vendor, browser }) => {
  const { desk, bundle, machine, key } = await activated(page, site, vendor);
  const ledger = await desk.exported();
  const other = await (await browser.newContext()).newPage();
  await other.goto(site.url);
  const deputy = new Desk(other, vendor);
  await deputy.drop(bundle);
  await deputy.unlock();
  const guide = await deputy.guide("Stand in for another administrator");
  await deputy.drop(ledger);
  await expect(guide.getByText("Done: a ledger that ends at entry 2 was imported")).toBeVisible();
  await guide.getByRole("button", { name: "I go on with this ledger" }).click();
  await expect(guide.getByText("From now on only you issue")).toBeVisible();
  await deputy.tab("License a machine");
  await goesOn(deputy, vendor, machine, key);
});

test("a dead machine's place goes to the next one, step by step", async ({ page, site, vendor }) => {
  const rights = cadPolicy('rights = { release_dead = { quota = 1, cooldown = "1 day" } }');
  const bundle = await vendor.bundle({ licenses: licenses.replace(cadPolicy(), rights) });
  const desk = await opened(page, site, vendor, bundle);
  const [dead, next] = [await vendor.machine("dead"), await vendor.machine("next")];
  const key = await vendor.secretFile("cad-7");
  await desk.activated(await dead.activate("--key-file", key));
  await desk.again();
  const guide = await desk.guide("A machine is lost or broken for good");
  await guide.getByRole("link", { name: "Open the overview" }).click();
  await page.getByRole("button", { name: "Release", exact: true }).click();
  await page.getByLabel("Reason").fill("burnt");
  await page.getByRole("button", { name: "Release machine", exact: true }).click();
  await page.getByRole("link", { name: /^Back to the guide/ }).click();
  await expect(guide.getByText("Done: machine")).toContainText("was released");
  await expect(guide.getByText("It is over", { exact: true })).toBeVisible();
  await desk.drop(await next.activate("--key-file", key));
  await next.must("install", await desk.download(desk.issueButton()));
  await page.getByRole("link", { name: /^Back to the guide/ }).click();
  await expect(guide.getByText("got a license")).toBeVisible();
  await guide.getByRole("button", { name: "Close the guide" }).click();
  await expect(guide).toBeHidden();
});
