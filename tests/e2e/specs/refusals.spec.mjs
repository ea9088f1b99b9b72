// What the portal refuses before there is anything to change, and what it says then; `unchanged.spec` has the rest.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Desk, Vendor, day, enrolled, expect, opened, test } from "../world.mjs";

test("any other file is told in words, with what to do", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const license = await desk.answer(await machine.request(), { "Bot Creator": 2 });
  await desk.drop(license);
  await expect(desk.heading("Look into a file")).toBeVisible();
  const card = page.locator("[data-kind=license]");
  await expect(card).toContainText("postern-verifier install");
  await expect(card).toContainText("Holds, up to the vendor root");

  const lines = (await readFile(license, "utf8")).split("\n");
  const envelope = JSON.parse(lines.at(-2));
  const payload = Buffer.from(envelope.payload, "base64").toString();
  envelope.payload = Buffer.from(payload.replace('"quantity":2', '"quantity":9')).toString("base64");
  const forged = vendor.path("forged.olf");
  await writeFile(forged, [...lines.slice(0, -2), JSON.stringify(envelope), ""].join("\n"));
  await desk.drop(forged);
  await expect(desk.refusal("signature-invalid").first()).toBeVisible();

  // Cut exactly at a line's end it is a file of entitlements, and says what that may mean.
  const cut = vendor.path("cut.olf");
  await writeFile(cut, [...lines.slice(0, -2), ""].join("\n"));
  await desk.drop(cut);
  await expect(page.locator("[data-kind=grant]")).toContainText("was cut off: copy it again");
  await expect(page.locator(".chain-link.chain-holds")).toHaveCount(2);
});

test("what is not free is refused while typing", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ creators: 10 }));
  const [first, second] = [await enrolled(desk, "hamburg"), await enrolled(desk, "altona")];
  await desk.answer(await first.request(), { "Bot Creator": 7 });
  await desk.again();
  await desk.drop(await second.request());
  await expect(page.locator("[data-seat=bot-creator]")).toContainText("3 free");
  await desk.seats("Bot Creator").fill("4");
  await expect(desk.refusal("seats-exceed-free")).toBeVisible();
  await expect(desk.issueButton()).toBeDisabled();
  await desk.seats("Bot Creator").fill("11");
  await expect(desk.refusal("seats-exceed-grant")).toContainText("11 'Bot Creator' were chosen");
  await desk.seats("Bot Creator").fill("x");
  await expect(desk.refusal("portal-field")).toBeVisible();
  await desk.seats("Bot Creator").fill("3");
  await expect(desk.issueButton()).toBeEnabled();
  await page.getByLabel("Last day").fill("2999-01-01");
  await expect(desk.refusal("end-too-late")).toBeVisible();
  await expect(desk.issueButton()).toBeDisabled();
});

test("an entitlement past its issuing window issues nothing", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ issueUntil: day(-1) }));
  await desk.tab("Tokens");
  await expect(desk.refusal("issue-window").first()).toBeVisible();
  await expect(page.getByRole("button", { name: /^Make a token/ })).toHaveCount(0);
});

test("an expired bundle begins nothing", async ({ page, site, vendor }) => {
  const desk = new Desk(page, vendor);
  const bundle = await vendor.bundle({ madeAt: day(-5), usableUntil: day(-1) });
  await page.goto(site.url);
  await desk.drop(bundle);
  await desk.unlock();
  await desk.beginLedger();
  await expect(desk.refusal("bundle-expired")).toBeVisible();
});

test("an account that is not approved is told whom to ask", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ approved: false }));
  await desk.tab("Tokens");
  await expect(desk.refusal("approval-missing").first()).toContainText("licensing@northwind.example");
  await expect(page.getByRole("button", { name: /^Make a token/ })).toHaveCount(0);
});

test("a bundle of another root, and an older one, are refused", async ({ page, site, vendor }) => {
  const bundle = await vendor.bundle();
  const desk = await opened(page, site, vendor, bundle);
  const newer = await vendor.bundle({ creators: 11 }, bundle);
  await desk.drop(newer);
  await expect(page.getByText("The newer bundle is loaded")).toBeVisible();
  await desk.drop(bundle);
  await expect(desk.refusal("portal-bundle-older")).toBeVisible();

  await mkdir(vendor.path("other"));
  const stranger = await new Vendor(vendor.path("other")).begin();
  await desk.drop(await stranger.bundle());
  await expect(desk.refusal("trust-other-root")).toBeVisible();
});

test("files before the bundle say what is missing", async ({ page, site, vendor }) => {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  const file = vendor.path("early.ledger");
  await writeFile(file, await ledgerOf(page, site, vendor));
  await page.goto(site.url);
  await desk.drop(file);
  await expect(desk.refusal("portal-needs-bundle")).toBeVisible();
});

/** An exported ledger, made in a browser of its own. */
async function ledgerOf(page, site, vendor) {
  const other = await (await page.context().browser().newContext()).newPage();
  const desk = await opened(other, site, vendor);
  const path = await desk.exported();
  await other.context().close();
  return readFile(path);
}
