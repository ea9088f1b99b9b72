// A refused file changes nothing: the ledger that the portal exports is byte-equal before and after
// each refusal, and the refusal shows its code.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Desk, Vendor, beginWorkerWith, enrolled, expect, opened, passphrase, refuses, test } from "../world.mjs";

const run = promisify(execFile);
const programs = process.env.POSTERN_BIN ?? join(import.meta.dirname, "../../../target/release");

/** `postern` on the account's own bundle: what the portal does, done by another program. */
const postern = (...args) =>
  run(join(programs, "postern"), args, { env: { ...process.env, POSTERN_PASSPHRASE: passphrase } });

/** Writes a file and drops it. */
async function dropped(desk, name, content) {
  const file = desk.vendor.path(name);
  await writeFile(file, content);
  await desk.drop(file);
}

/** An envelope's line with one character of its payload or first signature changed. */
function changed(line, { payload, signature }) {
  const envelope = JSON.parse(line);
  if (payload) {
    const text = Buffer.from(envelope.payload, "base64").toString();
    const [found, instead] = payload;
    expect(text).toMatch(found);
    envelope.payload = Buffer.from(text.replace(found, instead)).toString("base64");
  }
  if (signature) {
    const bytes = Buffer.from(envelope.signatures[0].sig, "base64");
    bytes[7] ^= 1;
    envelope.signatures[0].sig = bytes.toString("base64");
  }
  return JSON.stringify(envelope);
}

test("a damaged request", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const request = await readFile(await machine.request(), "utf8");
  const line = request.trimEnd();
  const cases = [
    ["signature-invalid", `${changed(line, { payload: [/"number":1/, '"number":2'] })}\n`],
    ["signature-invalid", `${changed(line, { signature: true })}\n`],
    ["kind-unknown", request.replace("vnd.postern.request", "vnd.postern.requesu")],
    ["file-unreadable", request.slice(0, request.length / 2)],
    ["file-empty", ""],
    ["file-too-large", Buffer.alloc(32 * 1024 * 1024 + 1, "x")],
    ["file-unreadable", "Dear license administrator,\n"],
    ["file-rewritten", `\uFEFF${request}`],
    ["file-duplicate", request + request],
  ];
  for (const [code, content] of cases) await refuses(desk, code, () => dropped(desk, "damaged.lfr", content));
});

test("a request that is not to be answered", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const token = await desk.token();
  const [machine, clone] = [await vendor.machine("hamburg"), await vendor.machine("clone")];
  await machine.must("enroll", token);
  await clone.must("enroll", token);
  const [voided, request] = [await machine.request(), await machine.request()];
  const license = await desk.answer(request, { "Bot Creator": 2 });
  await desk.again();

  await refuses(desk, "request-superseded", () => desk.drop(voided));
  await refuses(desk, "request-used", async () => {
    await desk.drop(request);
    const stored = page.getByRole("button", { name: "Download the file issued before" });
    expect(await readFile(await desk.download(stored))).toEqual(await readFile(license));
  });
  const second = await clone.request();
  await refuses(desk, "token-other-machine", () => desk.drop(second));

  // Another account of the same vendor.
  const others = await vendor.bundle({ id: "globex" });
  const [ledger, out] = [vendor.path("globex.ledger"), vendor.path("globex.token")];
  const scope = ["--license", "cr-hamburg", "--new-ledger"];
  await postern("token", "--bundle", others, "--ledger", ledger, ...scope, "--out", out);
  const stranger = await vendor.machine("stranger");
  await stranger.must("enroll", out);
  const foreign = await stranger.request();
  await refuses(desk, "account-other", () => desk.drop(foreign));
});

test("a request after the approval was taken back", async ({ page, site, vendor }) => {
  const approved = await vendor.bundle();
  const desk = await opened(page, site, vendor, approved);
  const machine = await enrolled(desk, "hamburg");
  const request = await machine.request();
  await desk.drop(await vendor.bundle({ approved: false }, approved));
  await expect(page.getByText("The newer bundle is loaded")).toBeVisible();
  await refuses(desk, "approval-missing", async () => {
    await desk.drop(request);
    await expect(desk.refusal("approval-missing")).toContainText("licensing@northwind.example");
  });
});

test("a choice beyond the entitlement", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor, await vendor.bundle({ creators: 10 }));
  const machine = await enrolled(desk, "hamburg");
  const request = await machine.request();
  const before = await readFile(await desk.exported());
  const choices = [
    ["seats-exceed-grant", desk.seats("Bot Creator"), "11"],
    ["end-too-late", page.getByLabel("Last day"), "2999-01-01"],
  ];
  for (const [code, field, value] of choices) {
    await desk.drop(request);
    // The form of the round before is gone.
    for (const [other] of choices) await expect(desk.refusal(other)).toBeHidden();
    await desk.seats("Bot Runner").fill("1");
    await expect(desk.issueButton()).toBeEnabled();
    await field.fill(value);
    await expect(desk.refusal(code)).toBeVisible();
    await expect(desk.issueButton()).toBeDisabled();
    expect(await readFile(await desk.exported()), code).toEqual(before);
  }
});

test("a damaged license file", async ({ page, site, vendor }) => {
  const desk = await opened(page, site, vendor);
  const machine = await enrolled(desk, "hamburg");
  const license = await readFile(await desk.answer(await machine.request(), { "Bot Creator": 2 }), "utf8");
  await desk.again();
  const lines = license.trimEnd().split("\n");
  const whole = (changedLines) => `${changedLines.join("\n")}\n`;
  const at = (index, change) => whole(lines.map((line, here) => (here === index ? changed(line, change) : line)));
  const last = lines.length - 1;
  const cases = [
    ["signature-invalid", at(last, { payload: [/"quantity":2/, '"quantity":3'] })],
    ["signature-invalid", at(last, { signature: true })],
    ["signature-invalid", at(1, { signature: true })],
    ["file-unreadable", license.slice(0, -100)],
    ["chain-other-root", whole([lines[1], lines[0], ...lines.slice(2)])],
    ["file-order", whole([lines[last], ...lines.slice(0, last)])],
    ["file-duplicate", whole([lines[0], ...lines])],
  ];
  for (const [code, content] of cases) {
    await refuses(desk, code, () => dropped(desk, "damaged.olf", content));
    // The machine says the same.
    expect((await machine.verifier("install", vendor.path("damaged.olf"))).code, code).toBe(code);
  }
  await writeFile(vendor.path("whole.olf"), license);
  await machine.must("install", vendor.path("whole.olf"));
});

test("a ledger that the machine knows to be old, until the newer one is imported", async ({ page, site, vendor }) => {
  const bundle = await vendor.bundle();
  const desk = await opened(page, site, vendor, bundle);
  const machine = await enrolled(desk, "hamburg");
  const elsewhere = await desk.exported();
  const [request, out] = [await machine.request(), vendor.path("elsewhere.olf")];
  const files = ["--bundle", bundle, "--ledger", elsewhere, "--request", request, "--out", out];
  await postern("issue", ...files, "--seats", "bot-creator=2");
  await machine.must("install", out);

  const next = await machine.request();
  await refuses(desk, "ledger-stale", () => desk.drop(next));
  await desk.drop(elsewhere);
  await expect(page.getByText("The ledger was imported.")).toBeVisible();
  expect(await readFile(await desk.exported())).toEqual(await readFile(elsewhere));
  await machine.must("install", await desk.answer(next, { "Bot Creator": 3 }));
});

test("a bundle of another root than the site names", async ({ page, site, vendor }) => {
  await mkdir(vendor.path("stranger"));
  const stranger = await new Vendor(vendor.path("stranger")).begin();
  const { payload } = JSON.parse(await readFile(vendor.trust, "utf8"));
  const root = createHash("sha256").update(Buffer.from(payload, "base64")).digest("hex");
  site.files.set("/brand.json", JSON.stringify({ name: "Northwind", trust_root: `sha256:${root}` }));

  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await expect(desk.heading("Load your entitlement bundle")).toBeVisible();
  await desk.drop(await stranger.bundle());
  await expect(desk.refusal("trust-other-root")).toContainText("trust-other-root");
  await expect(desk.heading("Load your entitlement bundle")).toBeVisible();

  // Nothing of it stays: the named root's bundle opens, and the other is refused again, with a ledger.
  await desk.open(await vendor.bundle());
  const other = await stranger.bundle();
  await refuses(desk, "trust-other-root", () => desk.drop(other));
});

test("a token without randomness", async ({ page, site, vendor }) => {
  await beginWorkerWith(site, "crypto.getRandomValues = () => { throw new Error('no entropy'); };");
  const desk = await opened(page, site, vendor);
  await refuses(desk, "portal-no-randomness", async () => {
    await desk.tab("Tokens");
    await page.locator("[data-license=cr-hamburg]").getByRole("button").click();
  });
});
