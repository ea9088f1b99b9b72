// The main job, end to end, nothing mocked: vendor, bundle, portal in a real browser, license file,
// machine; then the renewal with an up-sell, then a reduction.
import { Desk, enrolled, expect, test } from "../world.mjs";

test("from a bundle to an enforced license, a renewal and a reduction", async ({
  page,
  site,
  vendor,
}) => {
  const desk = new Desk(page, vendor);
  const bundle = await vendor.bundle();
  await page.goto(site.url);
  await desk.open(bundle);
  const machine = await enrolled(desk, "hamburg");

  // The first license.
  const first = await desk.answer(await machine.request(), { "Bot Creator": 3, "Bot Runner": 5 });
  const plan = await machine.must("install", first, "--dry-run");
  expect(plan).toBeTruthy();
  await machine.must("install", first);
  const status = await machine.must("status");
  expect(seats(status)).toEqual({ "bot-creator": [3, 0], "bot-runner": [5, 0] });
  for (const user of ["ada", "ben", "cyd"]) await machine.must("checkout", "bot-creator", "--user", user);
  expect((await machine.verifier("checkout", "bot-creator", "--user", "dan")).ok).toBe(false);

  // The account buys more; the renewal replaces the license.
  await desk.again();
  await desk.drop(await vendor.bundle({ creators: 12, runners: 30 }, bundle));
  await expect(page.getByText("The newer bundle is loaded")).toBeVisible();
  await desk.drop(await machine.request());
  await expect(page.locator("[data-seat=bot-creator]")).toContainText("installed there: 3, in use: 3");
  await desk.seats("Bot Creator").fill("12");
  await desk.seats("Bot Runner").fill("30");
  await expect(page.getByRole("row", { name: /Bot Creator/ })).toContainText("+9");
  const second = await desk.download(desk.issueButton());
  await machine.must("install", second);
  expect(seats(await machine.must("status"))).toEqual({ "bot-creator": [12, 3], "bot-runner": [30, 0] });
  const replaced = await machine.verifier("install", first);
  expect(replaced.ok).toBe(false);

  // A reduction below what is in use names the users, and installs after they are released.
  await desk.again();
  const third = await desk.answer(await machine.request(), { "Bot Creator": 1, "Bot Runner": 5 });
  const refused = await machine.verifier("install", third);
  expect(refused.code).toBe("seats-in-use");
  expect(refused.out).toContain("ada");
  for (const user of ["ada", "ben"]) await machine.must("release", "bot-creator", "--user", user);
  await machine.must("install", third);
  expect(seats(await machine.must("status"))).toEqual({ "bot-creator": [1, 1], "bot-runner": [5, 0] });

  // Each issue is in the browser's timeline, for the bench.
  const measures = await page.evaluate(() => performance.getEntriesByName("postern:issue").map((one) => one.duration));
  expect(measures).toHaveLength(3);
  expect(measures.every((duration) => duration > 0)).toBe(true);

  // Everything is in the ledger.
  await desk.tab("Ledger");
  await expect(page.getByRole("heading", { name: "5 entries" })).toBeVisible();
  await desk.tab("Overview");
  await expect(page.locator("[data-seat=bot-creator]")).toContainText("Bought12");
});

/** `{type: [total, used]}` of a status. */
function seats(status) {
  return Object.fromEntries(status.seats.map((seat) => [seat.seat_type, [seat.total, seat.used]]));
}
