// The ledger between browsers and tabs: export, import, stale, forked, and two tabs at once.
import { Desk, enrolled, expect, test } from "../world.mjs";

async function opened(page, site, vendor, bundle) {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await desk.open(bundle);
  return desk;
}

async function exported(desk) {
  await desk.tab("Ledger");
  const path = await desk.download(desk.page.getByRole("button", { name: "Export ledger" }));
  await desk.tab("License a machine");
  return path;
}

test("a ledger goes on in another browser, and the stale one is refused", async ({
  page,
  site,
  vendor,
  browser,
}) => {
  const bundle = await vendor.bundle();
  const first = await opened(page, site, vendor, bundle);
  const machine = await enrolled(first, "hamburg");
  const early = await exported(first);

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
  const late = await exported(second);

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
  await first.drop(await exported(second));
  await expect(first.refusal("portal-ledger-forked")).toBeVisible();
  await other.context().close();
});

test("two tabs share one ledger", async ({ page, site, vendor, context }) => {
  const bundle = await vendor.bundle();
  const first = await opened(page, site, vendor, bundle);
  const [a, b] = [await enrolled(first, "hamburg"), await enrolled(first, "altona")];
  const tab = await context.newPage();
  await tab.goto(site.url);
  const second = new Desk(tab, vendor);
  await second.unlock();
  await expect(second.heading("Drop the license file request")).toBeVisible();
  second.saved = 100;

  // Both look at ten free seats; the second to issue is told and sees the new figures.
  await first.drop(await a.request());
  await first.seats("Bot Creator").fill("8");
  await second.drop(await b.request());
  await second.seats("Bot Creator").fill("8");
  await expect(second.issueButton()).toBeEnabled();
  await first.download(first.issueButton());
  await second.issueButton().click();
  await expect(second.refusal("portal-ledger-moved")).toBeVisible();
  await expect(second.refusal("seats-exceed-free")).toBeVisible();
  await second.seats("Bot Creator").fill("2");
  await b.must("install", await second.download(second.issueButton()));
  await tab.close();
});
