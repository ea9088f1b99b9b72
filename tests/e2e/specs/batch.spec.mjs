// Several files at once: a table first, one confirmation, one ZIP; every entry in the ledger before it, and every answer
// once more for the same files.
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Desk, test as manyTest } from "../many.mjs";
import { Machine, cadPolicy, enrolled, expect, opened, test } from "../world.mjs";

const run = promisify(execFile);

const row = (page, file) => page.locator(`[data-file="${file}"]`);

/** What is in a ZIP, read by a program that is not ours: the bytes of each file by its name. */
async function unpacked(zip) {
  const folder = `${zip}-unpacked`;
  await run("python3", ["-m", "zipfile", "-e", zip, folder]);
  const names = (await readdir(folder)).sort();
  const each = names.map(async (name) => [name, await readFile(join(folder, name))]);
  return { folder, files: Object.fromEntries(await Promise.all(each)) };
}

const users = ["ada", "bob", "cyd", "dan"];
const licenses = `${cadPolicy(`
consumption = { pages = { limit = 100, overage = 0, every = "unlimited" } }
seats = { editor = 2 }
longest_session = "unlimited"
`)}
[[license]]
id = "cad"
policy = "cad"
count = 30
${users.map((user) => `\n[[license]]\nid = "of-${user}"\npolicy = "cad"\nusers = ["${user}"]\n`).join("")}`;
const rights = `repair_clock = { count = 1, max_back = "1 day" }
release_dead = { quota = 1, cooldown = "1 day" }`;

/** The request of a new machine with the license key of a license. */
async function activation(vendor, name, licenseId) {
  const machine = await vendor.machine(name);
  const request = await machine.activate("--key-file", await vendor.secretFile(licenseId));
  return { machine, request };
}

/** Fifty files as they lie in an office's inbox: of machines that are new, that are known, that are gone; and others. */
async function inbox(desk, vendor, bundle) {
  const files = [];
  // Machines that are known: two with installations, six with licenses of their own.
  for (const [name, licenseId] of [["hamburg", "cr-hamburg"], ["kiel", "cr-kiel"]]) {
    const machine = await enrolled(desk, name, licenseId);
    await machine.must("install", await desk.answer(await machine.request(), { "Bot Creator": 2 }));
    await desk.again();
    files.push(await machine.request());
  }
  let license;
  for (let number = 25; number <= 30; number += 1) {
    const { machine, request } = await activation(vendor, `old-${number}`, `cad-${number}`);
    license = await desk.activated(request);
    await machine.must("install", license);
    await machine.must("consume", "pages", `${number}`);
    await desk.again();
    if (number < 28) {
      const report = vendor.path(`report-${number}.req`);
      await machine.must("report", "-o", report);
      files.push(report);
    } else {
      // The one that asks for its place comes first: what is given back is decided before it.
      files.push((await activation(vendor, `heir-${number}`, `cad-${number}`)).request, await machine.deactivate());
    }
  }
  const [token, fresh, other] = [await desk.token(), await enrolled(desk, "altona"), await desk.token("cr-kiel")];
  const first = await desk.answer(await vendor.strange(token, "lfr", 40), { "Bot Creator": 1 });
  await desk.again();
  files.push(await fresh.request(), await vendor.strange(other, "clock", 3600));
  files.push(await vendor.strange(token, "restored", 7, first));

  // Machines that are new, and two that come second.
  for (let number = 1; number <= 24; number += 1) {
    files.push((await activation(vendor, `new-${number}`, `cad-${number}`)).request);
  }
  for (const user of users) {
    const machine = await vendor.machine(user);
    const password = await vendor.secretFile(`of-${user}`, user);
    files.push(await machine.activate("--user", user, "--password-file", password));
  }
  for (const number of [1, 2]) files.push((await activation(vendor, `second-${number}`, `cad-${number}`)).request);

  // What is no request.
  const damaged = vendor.path("damaged.req");
  await writeFile(damaged, (await readFile(files.at(-1), "utf8")).replace(/"sig":"../, '"sig":"AA'));
  await writeFile(vendor.path("letter.pdf"), "%PDF-1.7 a letter");
  files.push(damaged, vendor.path("letter.pdf"), bundle, token, license, vendor.trust);
  return files;
}

test("fifty files of all kinds are answered in one go, and the second time with the same answers", async ({ page, site, vendor }) => {
  test.setTimeout(240_000);
  const bundle = await vendor.bundle({ licenses, rights });
  const desk = await opened(page, site, vendor, bundle);
  const files = await inbox(desk, vendor, bundle);
  expect(files).toHaveLength(50);
  const began = await readFile(await desk.exported(), "utf8");
  await desk.drop(files);
  await expect(desk.heading("50 files at once")).toBeVisible();
  await expect(page.getByText("50 in all: 40 to answer, 0 answered before, 5 refused, 5 other")).toBeVisible();
  const machine = (file) => row(page, file).locator("td code");

  // Each says whose it is, and what changes there.
  await expect(row(page, "hamburg-2.lfr")).toContainText("Bot Creator 2 → 2");
  await expect(row(page, "new-7-1-activate_offline.req")).toContainText("Activation request");
  await expect(row(page, "new-7-1-activate_offline.req")).toContainText("editor 0 → 2; end none → 20");
  await expect(row(page, "heir-28-1-activate_offline.req")).toContainText("Will be answered");
  await expect(row(page, "old-28-deactivate_offline.req")).toContainText("Receipt: the license is given back");
  await expect(row(page, "report-25.req")).toContainText("Recorded in the ledger, no file");
  await expect(row(page, "altona-1.lfr")).toContainText("Needs a choice");
  for (const number of [1, 2]) {
    const second = `second-${number}-1-activate_offline.req`;
    await expect(row(page, second).locator("[data-code=machines-too-many]")).toBeVisible();
    await expect(machine(second)).toHaveText(/^[0-9a-f]{8}$/);
  }
  await expect(page.locator("[data-file^=restored] [data-code=request-recovers]")).toBeVisible();
  await expect(row(page, "damaged.req").locator("[data-code=signature-invalid]")).toBeVisible();
  await expect(row(page, "letter.pdf")).toContainText("Not a Postern file");
  await expect(row(page, "1.bundle")).toContainText("Loaded");

  // Nothing is issued before it is confirmed.
  expect(await readFile(await desk.exported(), "utf8")).toBe(began);
  const zip = await desk.download(page.getByRole("button", { name: "Answer 40 files" }));
  expect(zip).toMatch(/acme-\d{4}-\d\d-\d\d\.zip$/);
  await expect(desk.heading("40 files are answered")).toBeVisible();
  const { folder, files: answers } = await unpacked(zip);
  expect(Object.keys(answers)).toHaveLength(38);
  expect(Object.keys(answers)).toContain("new-7-1-activate_offline.license.lic");
  expect(Object.keys(answers)).toContain("old-28-deactivate_offline.deactivation.receipt");
  expect(Object.keys(answers)).toContain("hamburg-2.license.olf");
  const summary = `${answers["summary.txt"]}`;
  expect(summary).toContain("50 in all: 40 answered, 0 answered before, 5 refused, 5 other");
  expect(summary).toMatch(/second-1-1-activate_offline\.req\n {2}Machine: [0-9a-f]{8}\n {2}Refused: .*\(machines-too-many\)/);
  // Each is what the verifier takes for one.
  const reader = new Machine(vendor, "reader");
  for (const name of Object.keys(answers).filter((one) => one !== "summary.txt")) {
    await reader.must("verify", join(folder, name), "--trust", vendor.trust);
  }
  const ledger = await readFile(await desk.exported(), "utf8");
  const entries = (text) => text.split("\n").filter((line) => line.includes("ledger-entry")).length;
  expect(entries(ledger) - entries(began)).toBe(40);

  // The same fifty again: every answer once more, byte for byte, and nothing in the ledger.
  await page.getByRole("button", { name: "Next request" }).click();
  await desk.drop(files);
  await expect(page.getByText("50 in all: 0 to answer, 40 answered before, 5 refused, 5 other")).toBeVisible();
  await expect(row(page, "new-7-1-activate_offline.req")).toContainText("Answered before");
  await expect(row(page, "report-25.req")).toContainText("The ledger recorded it on");
  const again = await unpacked(await desk.download(page.getByRole("button", { name: "Hand 37 answers out again" })));
  await expect(desk.heading("37 answers are handed out again")).toBeVisible();
  expect({ ...again.files, "summary.txt": 0 }).toEqual({ ...answers, "summary.txt": 0 });
  expect(`${again.files["summary.txt"]}`).toContain("Answered before. The file that was issued then");
  expect(await readFile(await desk.exported(), "utf8")).toBe(ledger);

  // What nobody can guess is chosen by hand, and is among the others' answers from then on.
  await page.getByRole("button", { name: "Next request" }).click();
  await desk.drop(files);
  await row(page, "altona-1.lfr").getByRole("button").click();
  await expect(desk.heading(/^Allocate seats to machine/)).toBeVisible();
  await desk.seats("Bot Creator").fill("3");
  const chosen = await desk.download(desk.issueButton());
  await page.getByRole("button", { name: "Next request" }).click();
  await expect(page.getByText("50 in all: 0 to answer, 41 answered before, 5 refused, 4 other")).toBeVisible();
  const last = await unpacked(await desk.download(page.getByRole("button", { name: "Hand 38 answers out again" })));
  expect(last.files["altona-1.license.olf"]).toEqual(await readFile(chosen));
});

test("more files than anybody reads are not taken, and where one is looked into no others", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const nothing = Buffer.from("nothing");
  const files = (count) => Array.from({ length: count }, (_, at) => ({ name: `${at}.req`, mimeType: "", buffer: nothing }));
  await desk.drop(files(1001));
  await expect(desk.refusal("portal-too-many-files")).toBeVisible();
  await desk.drop(files(1000));
  await expect(page.getByText("1000 in all: 0 to answer, 0 answered before, 1000 refused, 0 other")).toBeVisible();
  await desk.tab("Look into a file");
  await desk.drop(files(2));
  await expect(desk.refusal("portal-several-files")).toBeVisible();
});

manyTest("files wait for the bundle that came with them to be unlocked", async ({ page, site, make }) => {
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
  await expect(page.getByText("3 in all: 1 to answer, 1 answered before, 0 refused, 1 other")).toBeVisible();
  await desk.download(page.getByRole("button", { name: "Answer 1 file" }));
  await expect(desk.heading("1 file is answered")).toBeVisible();
});
