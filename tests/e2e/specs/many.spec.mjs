// Ten thousand licenses in one bundle: the page says how far it is, answers meanwhile, and shows a page of them.
// With POSTERN_BENCH it also prints how long the main thread's longest task took; it judges no time: machines differ.
import { Desk, expect, test } from "../many.mjs";

const count = 10_000;

/** In the page: notes every step of the progress bar, and asks for another page at the first. */
function watch() {
  const seen = { steps: [], answered: false, longTasks: [] };
  globalThis.postern = seen;
  new PerformanceObserver((list) => {
    seen.longTasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })));
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    const bar = document.querySelector(".progress-line > progress");
    if (!bar) return;
    if (seen.steps.length === 0) location.hash = "#/inspect";
    if (seen.steps.at(-1) !== bar.value) seen.steps.push(bar.value);
    if (document.querySelector("h1")?.textContent === "Look into a file") seen.answered = true;
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

async function loaded(page, site, many, heading) {
  await page.addInitScript(watch);
  await page.goto(site.url);
  const desk = new Desk(page, { path: many.path });
  await expect(desk.heading("Load your entitlement bundle")).toBeVisible();
  await desk.drop(many.bundle);
  await expect(desk.heading(heading)).toBeVisible({ timeout: 60_000 });
  const seen = await page.evaluate(() => globalThis.postern);
  expect(seen.steps.length).toBeGreaterThan(10);
  expect(seen.steps).toEqual(seen.steps.toSorted((a, b) => a - b));
  expect(seen.answered, "another page was shown while the bundle was verified").toBe(true);
  return desk;
}

async function report(page, what) {
  if (!process.env.POSTERN_BENCH) return;
  const longTasks = () => page.evaluate(() => globalThis.postern.longTasks);
  console.log(`${what}: tasks over 50 ms on the main thread: ${JSON.stringify(await longTasks())}`);
  // Nothing seen says something only where something would have been seen.
  await page.evaluate(() => setTimeout(() => { for (const end = performance.now() + 120; performance.now() < end; ); }));
  await expect.poll(async () => (await longTasks()).at(-1)?.duration ?? 0).toBeGreaterThan(100);
}

test("an administrator's bundle", async ({ page, site, make }) => {
  test.setTimeout(180_000);
  const many = await make(count, "administrator");
  const desk = await loaded(page, site, many, "Unlock the bundle");
  await desk.unlock();
  await desk.beginLedger();
  await many.machine("40", many.path("activate.req"), "key", many.keys[9_876]);
  const license = await desk.answer(many.path("activate.req"), { editor: 1 });
  expect(license).toMatch(/license\.lic$/);

  await desk.tab("Overview");
  await expect(page.getByText("The first 20 of 10000.")).toBeVisible();
  expect(await page.locator(".seats").count()).toBe(20);
  await page.getByLabel("Find", { exact: true }).fill("license-9876");
  await expect(page.getByText("1 found")).toBeVisible();
  await expect(page.locator(".seats")).toHaveCount(1);
  await expect(page.getByText("grant-9876")).toBeVisible();

  await desk.tab("Look into a file");
  await desk.drop(many.bundle);
  await expect(page.getByText(/and 9\s?9\d\d more links/)).toBeVisible({ timeout: 60_000 });
  expect(await page.locator(".chain-link").count()).toBeLessThan(30);
  await report(page, "administrator");
});

test("end users' licenses, each with a key of its own", async ({ page, site, make }) => {
  test.setTimeout(180_000);
  const many = await make(count, "end-user");
  const desk = await loaded(page, site, many, "Activate automation");
  await many.machine("41", many.path("activate_offline.req"), "key", many.keys[4_321]);
  await desk.drop(many.path("activate_offline.req"));
  const license = await desk.own({ key: many.keys[4_321] });
  expect(license).toMatch(/license\.lic$/);
  await report(page, "end users");
});
