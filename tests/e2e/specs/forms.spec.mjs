// What is typed stays as it was typed: the desk, in its worker, answers later than people type, and a form that can't be
// sent keeps what is in it.
import { beginWorkerWith, Desk, enrolled, expect, opened, passphrase, test } from "../world.mjs";

/** In the worker: every answer to the page comes late. */
const late = `{
  const post = globalThis.postMessage.bind(globalThis);
  globalThis.postMessage = (...message) => setTimeout(() => post(...message), 40);
}`;

test("letters that are typed before the desk answers stay", async ({ page, site, vendor }) => {
  await beginWorkerWith(site, late);
  const desk = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  await desk.drop(await machine.request());
  for (const [name, typed] of [["Bot Creator", "0003"], ["Bot Runner", "00005"]]) {
    await desk.seats(name).fill("");
    await desk.seats(name).pressSequentially(typed);
    await expect(desk.seats(name)).toHaveValue(typed);
  }
  await expect(desk.issueButton()).toBeEnabled();
  await expect(page.locator("[data-seat=bot-creator] .bar-text")).toContainText("3 here");
  await expect(page.locator("[data-seat=bot-runner] .bar-text")).toContainText("5 here");
  await expect(desk.seats("Bot Creator")).toHaveValue("0003");
  await expect(desk.seats("Bot Runner")).toHaveValue("00005");
});

test("a number and its slider follow one another", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  await desk.drop(await machine.request());
  const number = desk.seats("Bot Creator");
  const slider = page.getByRole("slider", { name: "Bot Creator" });
  await number.fill("4");
  await expect(slider).toHaveValue("4");
  await slider.fill("2");
  await expect(number).toHaveValue("2");
  await slider.press("ArrowRight");
  await expect(number).toHaveValue("3");
  await number.fill("");
  await expect(slider).toHaveValue("0");
  await expect(page.getByText("Choose at least one seat.")).toBeVisible();

  // The next request begins with what is proposed, not with what was typed for this one.
  await number.fill("7");
  await page.getByRole("button", { name: "Back" }).click();
  await desk.drop(await machine.request());
  await expect(number).toHaveValue("0");
  await expect(slider).toHaveValue("0");
});

test("without a name the passphrase stays in its field", async ({ page, site, vendor }) => {
  const desk = new Desk(page, vendor);
  const bundle = await vendor.bundle();
  await page.goto(site.url);
  await expect(desk.heading("Load your entitlement bundle")).toBeVisible();
  await desk.drop(bundle);
  const field = page.getByLabel("Passphrase", { exact: true });
  await field.fill(passphrase);
  await page.getByRole("button", { name: "Show the passphrase" }).click();
  await expect(field).toHaveAttribute("type", "text");
  await expect(field).toHaveValue(passphrase);
  await page.getByRole("button", { name: "Show the passphrase" }).click();
  await expect(field).toHaveAttribute("type", "password");
  await page.getByRole("button", { name: "Unlock", exact: true }).click();
  await expect(page.getByText("Type your name")).toBeVisible();
  await expect(field).toHaveValue(passphrase);
  await page.getByLabel("Your name").fill("Ada Admin");
  await page.getByRole("button", { name: "Unlock", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Where is this account's ledger?" })).toBeVisible();
});
