// The ledger between browsers: export, import, stale, forked.
import { Desk, enrolled, expect, opened, test } from "../world.mjs";

test("a ledger goes on in another browser, and the stale one is refused", async ({
  page,
  site,
  vendor,
  browser,
}) => {
  const bundle = await vendor.bundle();
  const first = await opened(page, site, vendor, bundle);
  const machine = await enrolled(first, "hamburg");
  const early = await first.exported();

  // A second browser imports the ledger and issues.
  const other = await (await browser.newContext()).newPage();
  const second = new Desk(other, vendor);
  await other.goto(site.url);
  await second.drop(bundle);
  await second.unlock();
  await expect(second.heading("Where is this account's ledger?")).toBeVisible();
  await second.drop(early);
  await expect(second.heading("Drop the license file request")).toBeVisible();
  second.saved = 100;
  await machine.must("install", await second.answer(await machine.request(), { "Bot Creator": 2 }));
  await second.again();
  const late = await second.exported();

  // The first browser does not know of it: the machine does.
  await first.drop(await machine.request());
  await expect(first.refusal("ledger-stale").first()).toBeVisible();
  await first.drop(early);
  await expect(first.refusal("portal-ledger-same")).toBeVisible();
  await first.drop(late);
  await expect(page.getByText("The ledger was imported.")).toBeVisible();
  await expect(first.issueButton()).toBeVisible();
  await second.drop(early);
  await expect(second.refusal("portal-ledger-older")).toBeVisible();
  await other.context().close();
});

test("two ledgers of one portal are a fork", async ({ page, site, vendor, browser }) => {
  const bundle = await vendor.bundle();
  const first = await opened(page, site, vendor, bundle);
  const other = await (await browser.newContext()).newPage();
  const second = await opened(other, site, vendor, bundle);
  await first.token("cr-hamburg");
  await second.token("cr-kiel");
  second.saved = 100;
  await first.drop(await second.exported());
  await expect(first.refusal("portal-ledger-forked")).toBeVisible();
  await other.context().close();
});
