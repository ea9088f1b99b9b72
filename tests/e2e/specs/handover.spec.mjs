// The ledger changes hands in one file: from one browser to another, and back. Real programs on both sides.
import { readFile, writeFile } from "node:fs/promises";
import { cadPolicy, Desk, day, expect, opened, test } from "../world.mjs";

const licenses = `${cadPolicy()}
[[license]]
id = "cad"
policy = "cad"
count = 4
`;

/** What the administrators agreed on by telephone. */
const agreed = "sundial orchard meridian";

/** Another administrator's browser, on the same site. */
async function elsewhere(browser, site, vendor) {
  const page = await (await browser.newContext()).newPage();
  await page.goto(site.url);
  return new Desk(page, vendor);
}

/** Hands over to somebody; returns the file's path. */
async function handOver(desk, to, words = agreed) {
  const card = await desk.guide("Hand over to another administrator");
  await card.getByLabel("Who goes on?").fill(to);
  await card.getByLabel("New passphrase for the file").fill(words);
  await card.getByLabel("The same again").fill(words);
  const file = await desk.download(card.getByRole("button", { name: "Make the handover file" }));
  expect(file).toMatch(/acme\.handover$/);
  await expect(card.getByText(`Done: handed over to ${to}`)).toBeVisible();
  await expect(desk.page.getByRole("row", { name: `The ledger was handed over to ${to}` }).first()).toBeVisible();
  return file;
}

/** Takes over what was dropped. */
async function takeOver(desk, by, words = agreed) {
  await expect(desk.heading("Take over the ledger")).toBeVisible();
  await desk.page.getByLabel("Your name").fill(by);
  await desk.page.getByLabel("Passphrase", { exact: true }).fill(words);
  await desk.page.getByRole("button", { name: "Take over", exact: true }).click();
}

async function activation(vendor, name, number) {
  const machine = await vendor.machine(name);
  return { machine, file: await machine.activate("--key-file", await vendor.secretFile(`cad-${number}`)) };
}

async function positions(file) {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const payloads = lines.map((line) => JSON.parse(Buffer.from(JSON.parse(line).payload, "base64").toString()));
  return payloads.filter((one) => one.kind === "ledger-entry").map((one) => Object.keys(one.event)[0]);
}

test("one file takes the ledger to another browser, and another one back", async ({ page, site, vendor, browser }) => {
  const old = await opened(page, site, vendor, await vendor.bundle({ licenses }));
  const first = await activation(vendor, "first", 1);
  await first.machine.must("install", await old.activated(first.file));
  await old.again();
  const file = await handOver(old, "Bo Deputy");

  // The old browser says so and issues no more, not even after it is opened anew.
  const second = await activation(vendor, "second", 2);
  await old.tab("License a machine");
  await expect(page.getByText("Nothing more is issued here", { exact: true })).toBeVisible();
  await old.drop(second.file);
  await expect(old.refusal("ledger-handed-over").first()).toBeVisible();
  await page.reload();
  await old.unlock();
  await old.drop(second.file);
  await expect(old.refusal("ledger-handed-over").first()).toBeVisible();

  // The new browser has never seen a bundle: the file brings all of it.
  const fresh = await elsewhere(browser, site, vendor);
  await fresh.drop(file);
  await expect(fresh.page.getByText("Bo Deputy", { exact: true })).toBeVisible();
  await takeOver(fresh, "Bo Deputy", "four calm words here");
  await expect(fresh.refusal("sealed-key-passphrase-wrong")).toBeVisible();
  await takeOver(fresh, "Bo Deputy");
  await expect(fresh.heading("Drop the license file request")).toBeVisible();
  await second.machine.must("install", await fresh.activated(second.file));
  await second.machine.must("check", "rendering");
  await fresh.again();
  await first.machine.must("install", await fresh.activated(await first.machine.activate("--again", "--key-file", await vendor.secretFile("cad-1"))));
  expect((await first.machine.must("status")).license.sequence).toBe(2);
  await fresh.again();

  // The file is used up, here and wherever the ledger goes from here.
  await fresh.drop(file);
  await expect(fresh.refusal("handover-used")).toBeVisible();
  // Its key stays in the new browser, under the handover's passphrase.
  await fresh.page.reload();
  await fresh.unlock(agreed);
  await expect(fresh.heading("Drop the license file request")).toBeVisible();

  // And back, under another passphrase.
  const back = await handOver(fresh, "Ada Admin", "walnut lantern harbour");
  await page.bringToFront();
  await old.drop(file);
  await takeOver(old, "Ada Admin", "walnut lantern harbour");
  await expect(old.refusal("sealed-key-passphrase-wrong")).toBeVisible();
  await old.drop(back);
  await takeOver(old, "Ada Admin", "walnut lantern harbour");
  await expect(old.heading("Drop the license file request")).toBeVisible();
  const third = await activation(vendor, "third", 3);
  await third.machine.must("install", await old.activated(third.file));
  await old.again();
  await old.drop(file);
  await expect(old.refusal("handover-used")).toBeVisible();
  const events = await positions(await old.exported());
  expect(events).toEqual([
    ...["begun", "issued", "handed-over", "taken-over", "issued", "issued"],
    ...["handed-over", "taken-over", "issued"],
  ]);
  const fourth = await activation(vendor, "fourth", 4);
  await fresh.page.bringToFront();
  await fresh.tab("License a machine");
  await fresh.drop(fourth.file);
  await expect(fresh.refusal("ledger-handed-over").first()).toBeVisible();
});

test("what does not hold changes nothing, and a lost passphrase is replaced", async ({ page, site, vendor, browser }) => {
  const old = await opened(page, site, vendor, await vendor.bundle({ licenses }));
  const card = await old.guide("Hand over to another administrator");
  await card.getByLabel("Who goes on?").fill("Bo Deputy");
  await card.getByLabel("New passphrase for the file").fill("short");
  await card.getByLabel("The same again").fill("short");
  await card.getByRole("button", { name: "Make the handover file" }).click();
  await expect(card.getByText("Use at least 12 characters")).toBeVisible();
  await card.getByLabel("New passphrase for the file").fill(agreed);
  await card.getByLabel("The same again").fill(`${agreed}!`);
  await card.getByRole("button", { name: "Make the handover file" }).click();
  await expect(card.getByText("The two passphrases differ")).toBeVisible();
  await card.getByLabel("New passphrase for the file").fill(agreed);
  await card.getByLabel("The same again").fill(agreed);
  const file = await old.download(card.getByRole("button", { name: "Make the handover file" }));

  const text = await readFile(file, "utf8");
  const lines = text.trimEnd().split("\n");
  const write = async (name, content) => {
    await writeFile(vendor.path(name), content);
    return vendor.path(name);
  };
  const fresh = await elsewhere(browser, site, vendor);
  const refused = async (path, code) => {
    await fresh.drop(path);
    await expect(fresh.refusal(code)).toBeVisible();
    await expect(fresh.heading("Load your entitlement bundle")).toBeVisible();
  };
  await refused(await write("cut.handover", text.slice(0, -30)), "file-unreadable");
  await refused(await write("half.handover", `${lines.slice(0, -1).join("\n")}\n`), "file-extra");
  const short = [...lines.slice(0, -2), lines.at(-1)];
  await refused(await write("short.handover", `${short.join("\n")}\n`), "handover-parts");
  const damaged = JSON.parse(lines.at(-1));
  const said = JSON.parse(Buffer.from(damaged.payload, "base64").toString());
  said.sealed_key[2] = said.sealed_key[2].split("").reverse().join("");
  damaged.payload = Buffer.from(JSON.stringify(said)).toString("base64");
  await refused(await write("damaged.handover", `${[...lines.slice(0, -1), JSON.stringify(damaged)].join("\n")}\n`), "signature-invalid");

  // Nobody opened it: made again, with a passphrase that somebody remembers. No entry is added.
  await page.bringToFront();
  const once = await positions(await old.exported());
  await old.tab("Ledger");
  await card.getByLabel("New passphrase for the file").fill("walnut lantern harbour");
  await card.getByLabel("The same again").fill("walnut lantern harbour");
  const again = await old.download(card.getByRole("button", { name: "Make the file again" }));
  expect(await positions(await old.exported())).toEqual(once);

  // It is put away, and then taken back here.
  await old.drop(again);
  await expect(old.heading("Take over the ledger")).toBeVisible();
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(old.heading("Drop the license file request")).toBeVisible();
  await old.drop(again);
  await takeOver(old, "Ada Admin", "walnut lantern harbour");
  const { machine, file: request } = await activation(vendor, "first", 1);
  await machine.must("install", await old.activated(request));
  await old.again();
  await old.drop(file);
  await expect(old.refusal("handover-used")).toBeVisible();
});

test("a ledger of its own, or a newer life of it, refuses a handover", async ({ page, site, vendor, browser }) => {
  const bundle = await vendor.bundle({ licenses });
  const old = await opened(page, site, vendor, bundle);
  const { file: shown } = await activation(vendor, "first", 1);
  const license = await old.activated(shown);
  await old.again();
  const file = await handOver(old, "Bo Deputy");

  const forked = await elsewhere(browser, site, vendor);
  await forked.open(bundle);
  await forked.drop(file);
  await expect(forked.refusal("handover-forked")).toBeVisible();

  const renewed = await vendor.renew({ licenses }, bundle, "--new-epoch", "--machine", shown, license);
  const anew = await elsewhere(browser, site, vendor);
  await anew.open(renewed);
  await anew.drop(file);
  await expect(anew.refusal("handover-stale")).toBeVisible();
});

test("a key that stays in its browser leads to a new one", async ({ page, site, vendor }) => {
  await page.goto(site.url);
  const desk = new Desk(page, vendor);
  await page.getByRole("button", { name: "Make a key in this browser" }).click();
  const code = await page.locator("output.code").getAttribute("data-code");
  await desk.open(await vendor.bundle({ key: `{ license_code = "${code}" }`, issueUntil: day(200) }));
  const card = await desk.guide("Hand over to another administrator");
  await expect(card.getByText("which gives it to nobody")).toBeVisible();
  await expect(card.getByLabel("Who goes on?")).toBeHidden();
  await card.getByRole("button", { name: "The key is lost, or others may know it" }).click();
  await expect(page.getByRole("heading", { name: "The key is lost, or others may know it" })).toBeVisible();
});
