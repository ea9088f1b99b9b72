// How long issuing takes in the browser, beside its floor: `cargo xtask bench-portal` runs it, on a portal that
// measures its floor. It prints and judges nothing: machines differ.
import { Desk, enrolled, expect, test } from "../world.mjs";

/** Issues before the first that counts: the browser compiles what runs often. */
const warmUp = 10;
const counted = 40;

// Only an isolated page has a clock that is finer than 0.1 ms.
test.use({
  headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
});

test("issuing, beside two signatures and two verifications", async ({ page, site, vendor }) => {
  test.skip(!process.env.POSTERN_BENCH, "cargo xtask bench-portal");
  test.setTimeout(600_000);
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await desk.open(await vendor.bundle());
  const machine = await enrolled(desk, "hamburg");
  for (let issue = 0; issue < warmUp + counted; issue += 1) {
    await desk.answer(await machine.request(), { "Bot Creator": 1 + (issue % 5), "Bot Runner": 5 });
    await desk.again();
  }

  const [issues, floors] = await page.evaluate(() =>
    ["postern:issue", "postern:floor"].map((name) =>
      performance.getEntriesByName(name).map((measure) => measure.duration),
    ),
  );
  expect(issues).toHaveLength(warmUp + counted);
  expect(floors).toHaveLength(warmUp + counted);
  const [issue, floor] = [issues, floors].map((durations) => figures(durations.slice(warmUp)));
  console.log(`${counted} issues after ${warmUp} to warm up; milliseconds:`);
  console.table({
    "request to license file, verified": issue,
    "floor: 2 signatures, 2 verifications": floor,
    "ratio of the two": { min: round(issue.min / floor.min), median: round(issue.median / floor.median) },
  });
});

const round = (value) => Number(value.toFixed(3));

function figures(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: round(sorted[0]), median: round(sorted[sorted.length >> 1]), max: round(sorted.at(-1)) };
}
