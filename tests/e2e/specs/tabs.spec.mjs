// Two tabs with one ledger: the later one sees what the other wrote, and no position is given twice.
import { readFile } from "node:fs/promises";
import { Desk, enrolled, expect, opened, test } from "../world.mjs";

/** Another tab of the same browser, unlocked; its downloads are numbered from `from`. */
async function anotherTab(page, site, vendor, from) {
  const tab = await page.context().newPage();
  await tab.goto(site.url);
  const desk = new Desk(tab, vendor);
  desk.saved = from;
  await desk.unlock();
  return desk;
}

/** The entries of the ledger that a tab exports, as their documents say them. */
async function exported(desk) {
  const lines = (await readFile(await desk.exported(), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line));
  return lines
    .filter((envelope) => envelope.payloadType === "application/vnd.postern.ledger-entry.v1+json")
    .map((envelope) => JSON.parse(Buffer.from(envelope.payload, "base64").toString()));
}

const positions = (entries) => entries.map((entry) => entry.place.position);

/** Clicks what issues, and waits for what comes of it: a file, or the code of a refusal. */
async function attempt(desk, button) {
  const download = desk.page.waitForEvent("download").then(() => "issued");
  const moved = desk
    .refusal("portal-ledger-moved")
    .waitFor()
    .then(() => "moved");
  // Whichever loses ends with its page.
  for (const outcome of [download, moved]) outcome.catch(() => {});
  await button.click();
  return Promise.race([download, moved]);
}

const tokenButton = (desk, licenseId) => desk.page.locator(`[data-license="${licenseId}"]`).getByRole("button");

test("a tab that fell behind is told, and goes on with the new figures", async ({ page, site, vendor }) => {
  const first = await opened(page, site, vendor, await vendor.bundle({ creators: 10 }));
  const [hamburg, altona] = [await enrolled(first, "hamburg"), await enrolled(first, "altona")];
  const second = await anotherTab(page, site, vendor, 100);
  await second.drop(await altona.request());
  await second.seats("Bot Creator").fill("6");
  await expect(second.issueButton()).toBeEnabled();

  await first.answer(await hamburg.request(), { "Bot Creator": 6 });

  await second.issueButton().click();
  await expect(second.refusal("portal-ledger-moved")).toBeVisible();
  await expect(second.page.locator("[data-seat=bot-creator]")).toContainText("4 free");
  await expect(second.refusal("seats-exceed-free")).toBeVisible();
  await expect(second.issueButton()).toBeDisabled();
  await second.seats("Bot Creator").fill("4");
  await altona.must("install", await second.download(second.issueButton()));
  await expect(second.heading(/is issued$/)).toBeVisible();

  // Begun, two tokens, two licenses: one line of entries, the same for whoever opens it next.
  const entries = await exported(second);
  expect(positions(entries)).toEqual([1, 2, 3, 4, 5]);
  const third = await anotherTab(page, site, vendor, 200);
  await expect(third.heading("Drop the license file request")).toBeVisible();
  expect(await exported(third)).toEqual(entries);
});

test("a request answered in one tab is used up in the other", async ({ page, site, vendor }) => {
  const first = await opened(page, site, vendor);
  const machine = await enrolled(first, "hamburg");
  const second = await anotherTab(page, site, vendor, 100);
  const request = await machine.request();
  await second.drop(request);
  await second.seats("Bot Creator").fill("2");
  await expect(second.issueButton()).toBeEnabled();

  const license = await first.answer(request, { "Bot Creator": 2 });

  await second.issueButton().click();
  await expect(second.refusal("portal-ledger-moved")).toBeVisible();
  await expect(second.refusal("request-used")).toBeVisible();
  await expect(second.issueButton()).toBeHidden();
  const again = await second.download(second.page.getByRole("button", { name: "Download the file issued before" }));
  expect(await readFile(again)).toEqual(await readFile(license));
});

test("two clicks at the same moment never share a position", async ({ page, site, vendor }) => {
  const first = await opened(page, site, vendor);
  const second = await anotherTab(page, site, vendor, 100);
  await expect(second.heading("Drop the license file request")).toBeVisible();
  const licenses = [
    [first, "cr-hamburg"],
    [second, "cr-kiel"],
  ];
  for (let round = 0; round < 3; round += 1) {
    for (const [desk] of licenses) {
      await desk.tab("Tokens");
      await expect(desk.refusal("portal-ledger-moved")).toBeHidden();
    }
    // Both know the ledger as it is; whoever comes second does not any more.
    const outcomes = await Promise.all(licenses.map(([desk, id]) => attempt(desk, tokenButton(desk, id))));
    expect(outcomes.toSorted()).toEqual(["issued", "moved"]);
    for (const [desk] of licenses) await desk.tab("License a machine");
  }
  const third = await anotherTab(page, site, vendor, 200);
  await expect(third.heading("Drop the license file request")).toBeVisible();
  const entries = await exported(third);
  expect(positions(entries)).toEqual([1, 2, 3, 4]);
});

test("a ledger is begun once", async ({ page, site, vendor }) => {
  const first = new Desk(page, vendor);
  await page.goto(site.url);
  await first.drop(await vendor.bundle());
  await expect(first.heading("Unlock the bundle")).toBeVisible();
  await first.unlock();
  const begin = "Where is this account's ledger?";
  await expect(first.heading(begin)).toBeVisible();
  const second = await anotherTab(page, site, vendor, 100);
  await expect(second.heading(begin)).toBeVisible();

  await first.beginLedger();
  await expect(first.heading("Drop the license file request")).toBeVisible();
  await second.beginLedger();
  await expect(second.refusal("portal-ledger-moved")).toBeVisible();
  await expect(second.heading("Drop the license file request")).toBeVisible();
  expect(await exported(second)).toEqual(await exported(first));
});
