// What the portal refuses, each by its code; a refusal changes nothing.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Desk, Vendor, day, enrolled, expect, test } from "../world.mjs";

async function opened(page, site, vendor, terms) {
  const desk = new Desk(page, vendor);
  const bundle = await vendor.bundle(terms);
  await page.goto(site.url);
  await desk.open(bundle);
  return { desk, bundle };
}

/** How many entries the ledger page shows. */
async function entries(desk) {
  await desk.tab("Ledger");
  const title = await desk.page.getByRole("heading", { name: /entr(y|ies)$/ }).textContent();
  await desk.tab("License a machine");
  return Number.parseInt(title, 10);
}

test("a used request offers the file that was issued", async ({ page, site, vendor }) => {
  const { desk } = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const request = await machine.request();
  const license = await desk.answer(request, { "Bot Creator": 2 });
  await desk.again();
  await desk.drop(request);
  await expect(desk.refusal("request-used")).toBeVisible();
  await expect(desk.issueButton()).toBeHidden();
  const button = page.getByRole("button", { name: "Download the file issued before" });
  const again = await desk.download(button);
  expect(await readFile(again)).toEqual(await readFile(license));
  expect(await entries(desk)).toBe(3);
});

test("a request that a newer one voided is refused", async ({ page, site, vendor }) => {
  const { desk } = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const [older, newer] = [await machine.request(), await machine.request()];
  await desk.answer(newer, { "Bot Creator": 2 });
  await desk.again();
  await desk.drop(older);
  await expect(desk.refusal("request-superseded")).toBeVisible();
});

test("one token on two machines is refused at the second", async ({ page, site, vendor }) => {
  const { desk } = await opened(page, site, vendor);
  const token = await desk.token();
  const [first, second] = [await vendor.machine("first"), await vendor.machine("second")];
  await first.must("enroll", token);
  await second.must("enroll", token);
  await desk.answer(await first.request(), { "Bot Creator": 2 });
  await desk.again();
  await desk.drop(await second.request());
  await expect(desk.refusal("token-other-machine")).toBeVisible();
});

test("a license id of another account is refused", async ({ page, site, vendor, browser }) => {
  const { desk } = await opened(page, site, vendor);
  const other = await (await browser.newContext()).newPage();
  const others = (await opened(other, site, vendor, { id: "globex" })).desk;
  const machine = await enrolled(others, "globex-1");
  await desk.drop(await machine.request());
  await expect(desk.refusal("account-other")).toBeVisible();
  await other.context().close();
});

test("files that are damaged, empty, huge or something else are refused", async ({
  page,
  site,
  vendor,
}) => {
  const { desk } = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const request = await readFile(await machine.request(), "utf8");
  const envelope = JSON.parse(request);
  const payload = Buffer.from(envelope.payload, "base64").toString();
  const forged = Buffer.from(payload.replace('"sequence":0', '"sequence":7')).toString("base64");
  const cases = {
    "signature-invalid": JSON.stringify({ ...envelope, payload: forged }),
    "file-empty": "",
    "file-too-large": Buffer.alloc(16 * 1024 * 1024 + 1, "x"),
    "file-unreadable": "%PDF-1.7 a letter",
    "file-rewritten": request.replace("\n", "\r\n"),
  };
  for (const [code, content] of Object.entries(cases)) {
    const file = vendor.path(`${code}.lfr`);
    await writeFile(file, content);
    await desk.drop(file);
    await expect(desk.refusal(code), code).toBeVisible();
    await page.getByRole("button", { name: "Dismiss this message" }).click();
  }
  expect(await entries(desk)).toBe(2);
});

test("any other file is told in words, with what to do", async ({ page, site, vendor }) => {
  const { desk } = await opened(page, site, vendor);
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
  await expect(desk.refusal("signature-invalid")).toBeVisible();
});

test("what is not free is refused while typing", async ({ page, site, vendor }) => {
  const { desk } = await opened(page, site, vendor, { creators: 10 });
  const [first, second] = [await enrolled(desk, "hamburg"), await enrolled(desk, "altona")];
  await desk.answer(await first.request(), { "Bot Creator": 7 });
  await desk.again();
  await desk.drop(await second.request());
  await expect(page.locator("[data-seat=bot-creator]")).toContainText("3 free");
  await desk.seats("Bot Creator").fill("4");
  await expect(desk.refusal("seats-exceed-free")).toBeVisible();
  await expect(desk.issueButton()).toBeDisabled();
  await desk.seats("Bot Creator").fill("11");
  await expect(desk.refusal("seats-exceed-grant")).toBeVisible();
  await desk.seats("Bot Creator").fill("x");
  await expect(desk.refusal("portal-field")).toBeVisible();
  await desk.seats("Bot Creator").fill("3");
  await expect(desk.issueButton()).toBeEnabled();
  await page.getByLabel("Last day").fill("2999-01-01");
  await expect(desk.refusal("end-too-late")).toBeVisible();
  await expect(desk.issueButton()).toBeDisabled();
});

test("an entitlement past its issuing window issues nothing", async ({ page, site, vendor }) => {
  const { desk } = await opened(page, site, vendor, { issueUntil: day(-1) });
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
  const { desk } = await opened(page, site, vendor, { approved: false });
  await desk.tab("Tokens");
  await expect(desk.refusal("approval-missing").first()).toContainText("licensing@northwind.example");
  await expect(page.getByRole("button", { name: /^Make a token/ })).toHaveCount(0);
});

test("a bundle of another root, and an older one, are refused", async ({ page, site, vendor }) => {
  const { desk, bundle } = await opened(page, site, vendor);
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
  const { desk } = await opened(other, site, vendor);
  await desk.tab("Ledger");
  const path = await desk.download(other.getByRole("button", { name: "Export ledger" }));
  await other.context().close();
  return readFile(path);
}

