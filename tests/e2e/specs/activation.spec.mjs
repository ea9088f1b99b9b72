// Node-locked licenses with seats and a counter, at an administrator's portal, with the real programs: what is proposed,
// refreshes that raise and cut seats and move a counter's base, reports. `node-locked.spec` has the machine's whole life.
import { day, Desk, expect, test } from "../world.mjs";

/** An account file: one license that a license key activates on one machine. */
const account = ({ credential, editors = 2, every = "1 day" }) => `
account = "acme"
name = "Acme Manufacturing"
product = "automation"
contact = "Northwind licensing, licensing@northwind.example"
portal_key = "sealed"
usable_until = ${day(300)}

[labels]
editor = "Editor"

[[entitlement]]
id = "acme-editor"
license_type = "time-limited"
issue_from = ${day(-30)}
issue_until = ${day(300)}
run_until = ${day(330)}
longest_duration = "400 days"
longest_session = "8 hours"
license_count = 1
allow_offline_activation = true
machines = "pool"
credentials = [{ key = "${credential}", from = "license-key" }]

[entitlement.seats]
editor = ${editors}

[entitlement.consumption.pages]
limit = 100
overage = 0
every = "${every}"

[[entitlement.installation]]
license_id = "editor-1"
name = "Editor One"

[entitlement.expiry]
grace = "14 days"
after_end = "read-only"
extension = "7 days"
`;

async function opened(page, site, vendor, terms = {}) {
  const key = await vendor.licenseKey(1);
  const all = { account, credential: key.stands, ...terms };
  const bundle = await vendor.bundle(all);
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await desk.open(bundle);
  return { desk, key, bundle, terms: all };
}

/** A machine's activation request; returns its path. */
async function activate(machine, key, ...more) {
  machine.requests += 1;
  const file = machine.vendor.path(`${machine.name}-${machine.requests}.req`);
  await machine.must("activate", "--key-file", key.file, "-o", file, ...more);
  return file;
}

const editors = async (machine) => (await machine.must("status")).seats.map((seat) => [seat.seat_type, seat.total]);

test("a refresh raises and cuts seats without a request", async ({ page, site, vendor }) => {
  const { desk, key, bundle, terms } = await opened(page, site, vendor, { every: "unlimited" });
  const machine = await vendor.machine("plant");
  const asked = await activate(machine, key);
  await desk.drop(asked);
  await expect(page.getByText("an activation", { exact: true })).toBeVisible();
  // All that is free is proposed: the license is for one machine.
  await expect(desk.seats("Editor")).toHaveValue("2");
  await machine.must("install", await desk.answer(asked, {}));
  let before = bundle;
  for (const wanted of [5, 1]) {
    before = await vendor.bundle({ ...terms, editors: wanted }, before);
    await desk.drop(before);
    await expect(page.getByText("The newer bundle is loaded.")).toBeVisible();
    await desk.tab("Overview");
    await page.getByRole("button", { name: "Refresh", exact: true }).click();
    await expect(desk.heading(/^Refresh machine/)).toBeVisible();
    // Its counter has no reset period: it never begins anew.
    await expect(page.getByRole("checkbox")).toHaveCount(0);
    const refresh = await desk.download(page.getByRole("button", { name: "Issue refresh file" }));
    expect(refresh).toMatch(/license_refresh\.lic$/);
    await machine.must("install", refresh);
    expect(await editors(machine)).toEqual([["editor", wanted]]);
    await desk.again();
  }
  // A copy of the machine's newest file is no file for another.
  const other = await vendor.machine("other");
  const refused = await other.verifier("install", vendor.path(`${desk.saved}-license_refresh.lic`));
  expect(refused.ok).toBe(false);
});

test("what was used is recorded, and shown when the license is given back", async ({ page, site, vendor }) => {
  const { desk, key } = await opened(page, site, vendor);
  const machine = await vendor.machine("plant");
  await machine.must("install", await desk.answer(await activate(machine, key), {}));
  await machine.must("consume", "pages", "7");
  await machine.must("variable", "set", "line", "north 3");
  const report = vendor.path("report.req");
  await machine.must("report", "-o", report);
  await desk.drop(report);
  await expect(desk.heading(/^Record what machine .* has used$/)).toBeVisible();
  await expect(page.getByText("7 units in all")).toBeVisible();
  await page.getByRole("button", { name: "Record it" }).click();
  await expect(page.getByText("The machine's report is in the ledger.")).toBeVisible();
  await desk.drop(report);
  await expect(page.locator("[data-code=report-recorded]")).toBeVisible();

  await desk.tab("Overview");
  await page.getByRole("button", { name: "Refresh", exact: true }).click();
  await expect(page.getByText("up to 100, counted from 0")).toBeVisible();
  await page.getByLabel("Begin its consumption counters anew").check();
  await expect(page.getByText("up to 100, counted from 7")).toBeVisible();
  await machine.must("install", await desk.download(page.getByRole("button", { name: "Issue refresh file" })));
  // The period has not passed there, so the machine still counts from where it began.
  await machine.must("consume", "pages", "93");
  expect((await machine.verifier("consume", "pages", "1")).code).toBe("consumption-limit");

  await desk.again();
  const back = vendor.path("deactivate_offline.req");
  await machine.must("deactivate", "--yes", "-o", back);
  await desk.drop(back);
  await expect(page.getByText("100 units in all")).toBeVisible();
  await expect(page.getByText("Variable line")).toBeVisible();
  await expect(page.getByText("north 3")).toBeVisible();
  await desk.download(page.getByRole("button", { name: "Settle and make receipt" }));
  await desk.tab("Overview");
  await expect(page.getByText("100 units in all")).toBeVisible();
});

test("another administrator goes on with the ledger", async ({ page, site, vendor, browser }) => {
  const { desk, key, bundle } = await opened(page, site, vendor);
  await desk.answer(await activate(await vendor.machine("plant"), key), {});
  const ledger = await desk.exported();

  const context = await browser.newContext();
  const theirs = await context.newPage();
  const deputy = new Desk(theirs, vendor);
  await theirs.goto(site.url);
  await deputy.drop(bundle);
  await deputy.unlock();
  await deputy.drop(ledger);
  await expect(deputy.heading("Drop the license file request")).toBeVisible();
  await deputy.guide("Stand in for another administrator");
  await theirs.getByRole("button", { name: "I go on with this ledger" }).click();
  await expect(theirs.getByRole("heading", { name: "3 entries" })).toBeVisible();
  await expect(theirs.getByText("The ledger goes on with a new key or administrator")).toBeVisible();
  await context.close();
});
