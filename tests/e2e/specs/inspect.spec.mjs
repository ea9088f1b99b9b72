// Looking into files: the chain drawn link by link, and which link fails.
import { readFile, writeFile } from "node:fs/promises";
import { enrolled, expect, opened, test } from "../world.mjs";

/** A file whose line, counted from 1, carries another signature. */
async function forged(vendor, file, line) {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const envelope = JSON.parse(lines[line - 1]);
  for (const signature of envelope.signatures) signature.sig = Buffer.alloc(64, 7).toString("base64");
  lines[line - 1] = JSON.stringify(envelope);
  const path = vendor.path(`forged-${line}`);
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

const link = (page, line) => page.locator(`.chain-link[data-line="${line}"]`);

test("a license's chain, and the link that fails", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const license = await desk.answer(await machine.request(), { "Bot Creator": 2, "Bot Runner": 1 });
  await desk.tab("Look into a file");

  await desk.drop(license);
  await expect(page.getByRole("heading", { name: "Chain of authority" })).toBeVisible();
  await expect(page.locator(".chain-link.chain-holds")).toHaveCount(3);
  await expect(link(page, 1)).toContainText("Entitlement 'operations'");
  await expect(link(page, 2)).toContainText("Seats");
  await expect(link(page, 3)).toContainText("License 1 for machine");

  await desk.drop(await forged(vendor, license, 2));
  await expect(link(page, 2)).toContainText("fails");
  await expect(link(page, 2).locator('[data-code="signature-invalid"]')).toBeVisible();
  await expect(link(page, 1)).toContainText("holds");
  await expect(link(page, 3)).toContainText("does not count: line 2 fails");

  await desk.drop(await forged(vendor, license, 3));
  await expect(link(page, 3).locator('[data-code="signature-invalid"]')).toBeVisible();
  await expect(page.locator(".chain-link.chain-holds")).toHaveCount(2);

  // The vendor's tool says the same.
  const result = await vendor.postern("inspect", await forged(vendor, license, 2), "--trust", vendor.trust, "--json");
  expect(result.ok).toBe(false);
  expect(result.json.verification.error).toMatchObject({ line: 2, code: "signature-invalid" });
  expect(result.json.documents.map((one) => one.holds)).toEqual([true, false, null]);
});

test("a bundle and a trust file, before any bundle is loaded", async ({ page, site, vendor }) => {
  const bundle = await vendor.bundle();
  await page.goto(`${site.url}#/inspect`);
  const drop = (file) => page.locator("input[type=file]").first().setInputFiles(file);
  await drop(bundle);
  await expect(page.getByText("A vendor root that the file brings itself")).toBeVisible();
  await expect(page.locator(".chain-link.chain-holds")).toHaveCount(4);
  await drop(vendor.trust);
  await expect(link(page, 1)).toContainText("Vendor root, version 1");
  await expect(page.locator(".chain-link.chain-holds")).toHaveCount(1);
});
