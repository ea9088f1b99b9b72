// Several files at once: a table first, one confirmation, one ZIP; every entry in the ledger before it.
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Desk, expect, test } from "../many.mjs";
import { Machine } from "../world.mjs";

const run = promisify(execFile);

async function opened(page, site, make, count) {
  const many = await make(count, "administrator");
  const desk = new Desk(page, { path: many.path });
  await page.goto(site.url);
  await desk.open(many.bundle);
  const ask = async (name, ...args) => {
    const file = many.path(name);
    await many.machine(`${args[0]}`, file, ...args.slice(1));
    return file;
  };
  return { many, desk, ask };
}

const row = (page, file) => page.locator(`[data-file="${file}"]`);

/** What is in a ZIP, read by a program that is not ours: names and contents. */
async function unpacked(many, zip) {
  const folder = `${zip}-unpacked`;
  await run("python3", ["-m", "zipfile", "-e", zip, folder]);
  const names = (await readdir(folder)).sort();
  return { names, path: (name) => join(folder, name), text: (name) => readFile(join(folder, name), "utf8") };
}

test("fifty files of all kinds are decided in one go", async ({ page, site, make }) => {
  const { many, desk, ask } = await opened(page, site, make, 42);
  // One machine has a license, which it gives back among the fifty; another waits for its place.
  const license = await desk.answer(await ask("old.req", 60, "key", many.keys[0]), {});
  await desk.again();
  const damaged = many.path("damaged.req");
  const activations = [];
  for (let number = 1; number <= 40; number += 1) {
    activations.push(await ask(`plant-${number}.req`, 60 + number, "key", many.keys[number]));
  }
  const whole = await readFile(activations[0], "utf8");
  await writeFile(damaged, whole.replace(/"sig":"../, '"sig":"AA'));
  await writeFile(many.path("letter.pdf"), "%PDF-1.7 a letter");
  const files = [
    // It asks for the place that is given back further below: what is given back is decided first.
    await ask("waits.req", 150, "key", many.keys[0]),
    ...activations,
    await ask("second.req", 151, "key", many.keys[1]),
    await ask("third.req", 152, "key", many.keys[2]),
    await ask("back.req", 60, "back", license),
    many.path("old.req"),
    damaged,
    many.path("letter.pdf"),
    many.bundle,
    license,
    many.path("trust.trust"),
  ];
  expect(files).toHaveLength(50);
  await desk.drop(files);
  await expect(desk.heading("50 files at once")).toBeVisible();
  await expect(page.getByText("50 in all: 42 to answer, 5 refused, 3 other")).toBeVisible();
  await expect(row(page, "back.req")).toContainText("Receipt: the license is given back");
  await expect(row(page, "waits.req")).toContainText("Will be answered");
  await expect(row(page, "plant-7.req")).toContainText("Activation request");
  for (const file of ["second.req", "third.req"]) {
    await expect(row(page, file).locator("[data-code=machines-too-many]")).toBeVisible();
  }
  await expect(row(page, "old.req").locator("[data-code=request-used]")).toBeVisible();
  await expect(row(page, "damaged.req").locator("[data-code=signature-invalid]")).toBeVisible();
  await expect(row(page, "letter.pdf")).toContainText("Not a Postern file");
  await expect(row(page, "many.bundle")).toContainText("Loaded");

  // Nothing is issued before it is confirmed.
  await desk.tab("Ledger");
  await expect(page.getByRole("heading", { name: "2 entries" })).toBeVisible();
  await desk.tab("License a machine");
  const zip = await desk.download(page.getByRole("button", { name: "Answer 42 files" }));
  expect(zip).toMatch(/acme-\d{4}-\d\d-\d\d\.zip$/);
  await expect(desk.heading("42 files are answered")).toBeVisible();
  const pack = await unpacked(many, zip);
  expect(pack.names).toHaveLength(43);
  expect(pack.names).toContain("plant-7.license.lic");
  expect(pack.names).toContain("back.deactivation.receipt");
  const summary = await pack.text("summary.txt");
  expect(summary).toContain("50 in all: 42 answered, 5 refused, 3 other");
  expect(summary).toMatch(/second\.req\n {2}Refused: .*\(machines-too-many\)/);

  // Each is what the verifier takes for one.
  const machine = new Machine({ path: many.path }, "reader");
  for (const name of pack.names.filter((one) => one !== "summary.txt")) {
    await machine.must("verify", pack.path(name), "--trust", many.path("trust.trust"));
  }
  await desk.tab("Ledger");
  await expect(page.getByRole("heading", { name: "44 entries" })).toBeVisible();
  await desk.tab("License a machine");

  // The same files again: every answer that was given is offered, and nothing is issued twice.
  await page.getByRole("button", { name: "Next request" }).click();
  await desk.drop(activations.slice(0, 3));
  await expect(page.getByText("3 in all: 0 to answer, 3 refused, 0 other")).toBeVisible();
  await expect(page.getByRole("button", { name: "Answer 0 files" })).toBeDisabled();
  const offered = row(page, "plant-1.req").getByRole("button", { name: "Download the file issued before" });
  expect(await readFile(await desk.download(offered))).toEqual(await readFile(pack.path("plant-1.license.lic")));
});

test("files wait for the bundle that came with them to be unlocked", async ({ page, site, make }) => {
  const many = await make(2, "administrator");
  const desk = new Desk(page, { path: many.path });
  const files = [];
  for (const number of [0, 1]) {
    files.push(many.path(`plant-${number}.req`));
    await many.machine(`${70 + number}`, files[number], "key", many.keys[number]);
  }
  await page.goto(site.url);
  await desk.drop(files);
  await expect(desk.refusal("portal-needs-bundle")).toBeVisible();
  await desk.drop([...files, many.bundle]);
  await expect(desk.heading("Unlock the bundle")).toBeVisible();
  await expect(page.getByText("The files were read.")).toBeVisible();
  await desk.unlock();
  await desk.beginLedger();
  await expect(desk.heading("3 files at once")).toBeVisible();
  // One opened alone is chosen by hand; then the others go on without it.
  await row(page, "plant-0.req").getByRole("button").click();
  await expect(desk.heading(/^(Allocate seats to|Activate) machine/)).toBeVisible();
  await desk.download(desk.issueButton());
  await page.getByRole("button", { name: "Next request" }).click();
  await expect(page.getByText("3 in all: 1 to answer, 1 refused, 1 other")).toBeVisible();
  await desk.download(page.getByRole("button", { name: "Answer 1 file" }));
  await expect(desk.heading("1 file is answered")).toBeVisible();
});
