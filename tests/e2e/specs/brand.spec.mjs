// The site's own files: brand, bundle and ledger at run time; a pinned root; a bad brand file. And the
// page by keyboard alone.
import { mkdir, readFile } from "node:fs/promises";
import { Desk, Vendor, enrolled, expect, passphrase, test } from "../world.mjs";

const brand = (fields) => JSON.stringify({ name: "Northwind Licenses", ...fields });

test("a site brings its bundle and its ledger", async ({ page, site, vendor, browser }) => {
  const bundle = await vendor.bundle();
  const other = await (await browser.newContext()).newPage();
  const first = new Desk(other, vendor);
  await other.goto(site.url);
  await first.open(bundle);
  const machine = await enrolled(first, "hamburg");
  await first.tab("Ledger");
  const ledger = await first.download(other.getByRole("button", { name: "Export ledger" }));
  await other.context().close();

  site.files.set("/acme.bundle", await readFile(bundle));
  site.files.set("/acme.ledger", await readFile(ledger));
  site.files.set("/brand.json", brand({ bundle: "acme.bundle", ledger: "acme.ledger" }));
  const desk = new Desk(page, vendor);
  desk.saved = 100;
  await page.goto(site.url);
  await expect(page).toHaveTitle("Northwind Licenses");
  await expect(desk.heading("Unlock the bundle")).toBeVisible();
  // A request that comes too early waits until it can be answered.
  await desk.drop(await machine.request());
  await expect(page.getByText("It is used as soon as the bundle is unlocked")).toBeVisible();
  await desk.unlock();
  await page.getByRole("button", { name: "Import the ledger of this site" }).click();
  await expect(desk.heading(/^Allocate seats to machine/)).toBeVisible();
  await desk.seats("Bot Creator").fill("1");
  await machine.must("install", await desk.download(desk.issueButton()));
});

test("a site pins its root", async ({ page, site, vendor }) => {
  await mkdir(vendor.path("other"));
  const stranger = await new Vendor(vendor.path("other")).begin();
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await desk.drop(await vendor.bundle());
  const root = await page.getByText(/^sha256:/).textContent();

  const pinned = await (await page.context().browser().newContext()).newPage();
  site.files.set("/brand.json", brand({ trust_root: root }));
  await pinned.goto(site.url);
  const strict = new Desk(pinned, vendor);
  await strict.drop(await stranger.bundle());
  await expect(strict.refusal("trust-other-root")).toBeVisible();
  await strict.drop(await vendor.bundle());
  await expect(strict.heading("Unlock the bundle")).toBeVisible();
  await expect(pinned.getByText("First use of this vendor root")).toBeHidden();
  await pinned.context().close();
});

test("a bad brand file ends in an error page that names the field", async ({ page, site }) => {
  site.files.set("/brand.json", brand({ links: [{ label: "x", href: "javascript:alert(1)" }] }));
  await page.goto(site.url);
  await expect(page.getByRole("heading", { name: "The portal can't start" })).toBeVisible();
  await expect(page.locator('[data-code="portal-brand"]')).toContainText("https://");
});

test("a bundle that the site names and lacks is said, and can be loaded by hand", async ({ page, site, vendor }) => {
  site.files.set("/brand.json", brand({ bundle: "missing.bundle" }));
  // The browser itself reports the missing file on its console.
  const context = await page.context().browser().newContext();
  const watched = await context.newPage();
  const desk = new Desk(watched, vendor);
  await watched.goto(site.url);
  await expect(desk.refusal("portal-site-file")).toBeVisible();
  await desk.open(await vendor.bundle());
  await context.close();
});

test("the keyboard alone unlocks and answers, and focus follows the steps", async ({ page, site, vendor }) => {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await desk.drop(await vendor.bundle());
  await expect(desk.heading("Unlock the bundle")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Your name")).toBeFocused();
  await page.keyboard.type("Ada Admin");
  await page.keyboard.press("Tab");
  await page.keyboard.type(passphrase);
  await page.keyboard.press("Enter");
  await expect(desk.heading("Where is this account's ledger?")).toBeFocused();
  await page.getByRole("button", { name: "Begin a new ledger" }).press("Enter");
  await expect(desk.heading("Drop the license file request")).toBeFocused();

  const machine = await enrolled(desk, "hamburg");
  await desk.drop(await machine.request());
  await expect(desk.heading(/^Allocate seats to machine/)).toBeFocused();
  await desk.seats("Bot Creator").press("ArrowRight");
  await page.keyboard.press("Tab");
  for (const key of ["ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  await expect(desk.seats("Bot Creator")).toHaveValue("2");
  const [download] = await Promise.all([page.waitForEvent("download"), desk.seats("Bot Creator").press("Enter")]);
  expect(download.suggestedFilename()).toBe("license.olf");
  await expect(desk.heading(/is issued$/)).toBeFocused();
});
