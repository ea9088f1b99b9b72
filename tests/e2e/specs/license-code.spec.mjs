// A key made in the page: its License Code goes to the vendor, the bundle comes back, no secret
// travels. Where the browser has Ed25519 it keeps the key; elsewhere the key is sealed.
import { Desk, beginWorkerWith, enrolled, expect, test } from "../world.mjs";

async function makeKey(desk) {
  const { page } = desk;
  await page.getByRole("button", { name: "Make a key in this browser" }).click();
  await expect(page.getByText("The key was made and stored in this browser.")).toBeVisible();
  return page.locator("output[data-code]").getAttribute("data-code");
}

async function issueOne(desk) {
  const machine = await enrolled(desk, "plant");
  await machine.must("install", await desk.answer(await machine.request(), { "Bot Runner": 4 }));
  const status = await machine.must("status");
  expect(status.seats.find((seat) => seat.seat_type === "bot-runner").total).toBe(4);
}

test("a key that never leaves the browser issues", async ({ page, site, vendor }) => {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  const code = await makeKey(desk);
  expect(code).toMatch(/^PSTN1(-[02-9A-Z]{5}){11}-[02-9A-Z]{3}$/);

  const bundle = await vendor.bundle({ key: `{ license_code = "${code}" }` });
  await desk.drop(bundle);
  await expect(page.getByText("No passphrase is needed")).toBeVisible();
  await desk.unlock();
  await desk.beginLedger();
  await issueOne(desk);

  // It is there after a reload, and only the name is asked for.
  await page.reload();
  await expect(page.getByText("No passphrase is needed")).toBeVisible();
  await desk.unlock();
  await expect(desk.heading("Drop the license file request")).toBeVisible();
});

test("without Ed25519 in the browser the key is sealed", async ({ page, site, vendor }) => {
  await beginWorkerWith(site, "crypto.subtle.generateKey = () => Promise.reject(new Error('unsupported'));");
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await page.getByLabel("New passphrase").fill("too short");
  await page.getByLabel("The same again").fill("too short");
  await page.getByRole("button", { name: "Make a key in this browser" }).click();
  await expect(page.getByText("Use at least 12 characters")).toBeVisible();
  await page.getByLabel("New passphrase").fill("several easy words");
  await page.getByLabel("The same again").fill("several easy words");
  const code = await makeKey(desk);

  await desk.drop(await vendor.bundle({ key: `{ license_code = "${code}" }` }));
  await desk.unlock("other words");
  await expect(desk.refusal("sealed-key-passphrase-wrong")).toBeVisible();
  await desk.unlock("several easy words");
  await desk.beginLedger();
  await issueOne(desk);
});

test("a bundle for another key says for which", async ({ page, site, vendor }) => {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  const mine = await makeKey(desk);
  const other = await (await page.context().browser().newContext()).newPage();
  await other.goto(site.url);
  const theirs = await makeKey(new Desk(other, vendor));
  expect(theirs).not.toBe(mine);
  await other.context().close();

  await desk.drop(await vendor.bundle({ key: `{ license_code = "${theirs}" }` }));
  await expect(page.getByRole("heading", { name: "This bundle is for another key" })).toBeVisible();
  await expect(page.getByText(theirs)).toBeVisible();
  await expect(page.getByLabel("Your name")).toBeHidden();
});
