// A vendor, an account and machines for one test, made by the real programs: `postern` and
// `postern-verifier` from POSTERN_BIN, in a folder that goes away with the test.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test as base, expect } from "./portal.mjs";

const run = promisify(execFile);
const programs = process.env.POSTERN_BIN ?? join(import.meta.dirname, "../../target/release");

/** The passphrase of the account's portal key. */
export const passphrase = "four calm words here";

const secrets = { POSTERN_PASSPHRASE: "vendor words", POSTERN_PORTAL_PASSPHRASE: passphrase };

/** Calls a program; a refusal is an answer too: `{ ok, code, out, json }`. */
async function call(program, args, env = {}) {
  try {
    const { stdout } = await run(join(programs, program), args, {
      env: { ...process.env, ...secrets, ...env },
    });
    return { ok: true, out: stdout, json: parsed(stdout) };
  } catch (error) {
    if (error.code === "ENOENT") throw error;
    const json = parsed(error.stderr) ?? parsed(error.stdout);
    const out = `${error.stdout}${error.stderr}`;
    return { ok: false, out, json, code: json?.error?.code ?? json?.code };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function must(program, args, env) {
  const result = await call(program, args, env);
  if (!result.ok) throw new Error(`${program} ${args.join(" ")}: ${result.out}`);
  return result;
}

/** A UTC day, so many days from today. */
export const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

/** An account file: two seat types, two license ids. `terms` changes what matters to a test. */
function account(terms) {
  const {
    creators = 10,
    runners = 20,
    key = '"sealed"',
    approved = true,
    issueFrom = day(-30),
    issueUntil = day(300),
    usableUntil = day(300),
    at = "pool",
    id = "acme",
    rights = "",
    licenses = "",
  } = terms;
  const approval = `[entitlement.approval]
reason = "Air-gapped plant network"
reviewer = "D. Reviewer"
date = ${day(-30)}
`;
  return `
account = "${id}"
name = "Acme Manufacturing"
product = "automation"
contact = "Northwind licensing, licensing@northwind.example"
portal_key = ${key}
usable_until = ${usableUntil}

[labels]
bot-creator = "Bot Creator"
bot-runner = "Bot Runner"

[[entitlement]]
id = "${id}-control-rooms"
license_type = "on-premises"
issue_from = ${issueFrom}
issue_until = ${issueUntil}
run_until = ${day(330)}
longest_duration = "400 days"
longest_session = "8 hours"
license_count = 5
allow_offline_activation = true
machines = "${at}"

[entitlement.seats]
bot-creator = ${creators}
bot-runner = ${runners}

[[entitlement.installation]]
license_id = "cr-hamburg"
name = "Control Room Hamburg"

[[entitlement.installation]]
license_id = "cr-kiel"
name = "Control Room Kiel"

${approved ? approval : ""}
[entitlement.rights]
${rights}

[entitlement.expiry]
grace = "14 days"
after_end = "read-only"
extension = "7 days"
${licenses}
`;
}

/** A policy of node-locked licenses for one machine each; `more` adds terms. */
export const cadPolicy = (more = "") => `
[[policy]]
code = "cad"
license_type = "time-limited"
issue_from = ${day(-30)}
issue_until = ${day(300)}
run_until = ${day(200)}
longest_duration = "unlimited"
license_count = 1
features = { rendering = "on" }
expiry = { grace = "14 days", after_end = "read-only", extension = "0 days" }
${more}
`;

/** One line of the vendor's file of license keys and passwords. */
const secret = (line) => {
  const [licenseId, , user, text] = line.split(",");
  return { licenseId, user, text };
};

/** A vendor with root and daily key. */
export class Vendor {
  constructor(folder) {
    this.folder = folder;
    this.count = 0;
  }

  path(name) {
    return join(this.folder, name);
  }

  async begin() {
    const common = ["--product", "automation", "--vendor", "northwind"];
    await must("postern", [
      ...["root", "new", ...common, "--keys", "1", "--threshold", "1"],
      ...["--at", `${day(-40)}`, "--out", this.path("roots")],
    ]);
    this.trust = this.path("roots/trust.trust");
    await must("postern", [
      ...["ops", "new", "--trust", this.trust, "--root-key", this.path("roots/root-1.pem")],
      ...["--valid-for", "400 days", "--at", `${day(-40)}`, "--out", this.path("ops")],
    ]);
    return this;
  }

  /** Makes a bundle on these terms; `previous` renews that one. Returns its path. */
  async bundle(terms = {}, previous) {
    this.count += 1;
    const [file, out] = [this.path(`${this.count}.toml`), this.path(`${this.count}.bundle`)];
    await writeFile(file, (terms.account ?? account)(terms));
    await must("postern", [
      ...["bundle", "make", file, "--trust", this.trust, "--ops-key", this.path("ops/ops.pem")],
      ...["--ops-grant", this.path("ops/ops.grant"), "--out", out],
      ...(previous ? ["--previous", previous] : []),
      ...(terms.madeAt ? ["--at", terms.madeAt] : []),
      ...(terms.licenses && !previous ? ["--credentials", this.path("secrets.csv")] : []),
      ...(terms.licenses && previous ? ["--known", this.path("secrets.csv")] : []),
    ]);
    return out;
  }

  /** Renews a bundle against its ledger, or what is left of it, as `how` says. Returns its path. */
  async renew(terms, previous, ...how) {
    this.count += 1;
    const [file, out] = [this.path(`${this.count}.toml`), this.path(`${this.count}.bundle`)];
    await writeFile(file, (terms.account ?? account)(terms));
    await must("postern", [
      ...["renew", file, "--trust", this.trust, "--ops-key", this.path("ops/ops.pem")],
      ...["--ops-grant", this.path("ops/ops.grant"), "--out", out, "--previous", previous],
      ...(terms.licenses ? ["--known", this.path("secrets.csv")] : []),
      ...how,
    ]);
    return out;
  }

  /** A file with the license key of a license, or the password of its user. */
  async secretFile(licenseId, user = "") {
    const lines = (await readFile(this.path("secrets.csv"), "utf8")).trim().split("\n");
    const found = lines.map(secret).find((one) => one.licenseId === licenseId && one.user === user);
    const file = this.path(`${licenseId}-secret.txt`);
    await writeFile(file, `${found.text}\n`);
    return file;
  }

  /** The license key with this number: the file in which a machine's operator has it, and the key that it stands for. */
  async licenseKey(number) {
    const both = this.path(`key-${number}.both`);
    await must("examples/activation", [`${number}`, both, "license-key"]);
    const [text, stands] = (await readFile(both, "utf8")).trimEnd().split("\n");
    const file = this.path(`key-${number}.txt`);
    await writeFile(file, `${text}\n`);
    return { file, stands };
  }

  /** A request that no verifier makes unless something went wrong on its machine; returns its path. */
  async strange(token, what, ...more) {
    this.count += 1;
    const out = this.path(`${what}-${this.count}.req`);
    await must("examples/machine", [token, out, what, ...more.map(String)]);
    return out;
  }

  /** Calls `postern`; a refusal is an answer too. */
  postern(...args) {
    return call("postern", args);
  }

  /** A machine that trusts this vendor. */
  async machine(name) {
    const machine = new Machine(this, name);
    await machine.must("trust", this.trust);
    return machine;
  }
}

/** A machine without a network: a state directory, and files that travel. */
export class Machine {
  constructor(vendor, name) {
    this.vendor = vendor;
    this.name = name;
    this.requests = 0;
  }

  verifier(...args) {
    return call("postern-verifier", ["--state", this.vendor.path(this.name), "--json", ...args]);
  }

  async must(...args) {
    const result = await this.verifier(...args);
    if (!result.ok) throw new Error(`${this.name}: ${args.join(" ")}: ${result.out}`);
    return result.json;
  }

  /** Asks for an activation; returns the request's path. */
  async activate(...args) {
    this.requests += 1;
    const file = this.vendor.path(`${this.name}-${this.requests}-activate_offline.req`);
    await this.must("activate", "-o", file, ...args);
    return file;
  }

  /** Gives the license back; returns the file's path. */
  async deactivate() {
    const file = this.vendor.path(`${this.name}-deactivate_offline.req`);
    await this.must("deactivate", "--yes", "-o", file);
    return file;
  }

  /** Makes a request; returns its path. */
  async request() {
    this.requests += 1;
    const file = this.vendor.path(`${this.name}-${this.requests}.lfr`);
    await this.must("request", "-o", file);
    return file;
  }
}

export const test = base.extend({
  vendor: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "postern-e2e-"));
    await use(await new Vendor(folder).begin());
    await rm(folder, { recursive: true, force: true });
  },
});

/** The page as a license administrator uses it. */
export class Desk {
  constructor(page, vendor) {
    this.page = page;
    this.vendor = vendor;
    this.saved = 0;
  }

  heading(name) {
    return this.page.getByRole("heading", { level: 1, name });
  }

  /** Gives the page a file through its drop zone. */
  async drop(file) {
    await this.page.locator("input[type=file]").first().setInputFiles(file);
  }

  async tab(name) {
    await this.page.getByRole("link", { name, exact: true }).click();
  }

  async unlock(words = passphrase) {
    await this.page.getByLabel("Your name").fill("Ada Admin");
    const field = this.page.getByLabel("Passphrase", { exact: true });
    if (await field.isVisible()) await field.fill(words);
    await this.page.getByRole("button", { name: "Unlock", exact: true }).click();
  }

  async beginLedger() {
    await this.page.getByRole("button", { name: "Begin a new ledger" }).click();
  }

  /** Loads a bundle, unlocks it, begins its ledger. */
  async open(bundle) {
    await expect(this.heading("Load your entitlement bundle")).toBeVisible();
    await this.drop(bundle);
    await expect(this.heading("Unlock the bundle")).toBeVisible();
    await this.unlock();
    await this.beginLedger();
    await expect(this.heading("Drop the license file request")).toBeVisible();
  }

  /** Clicks what downloads a file; returns the file's path. */
  async download(button) {
    const [download] = await Promise.all([this.page.waitForEvent("download"), button.click()]);
    this.saved += 1;
    const path = this.vendor.path(`${this.saved}-${download.suggestedFilename()}`);
    await download.saveAs(path);
    return path;
  }

  /** Makes a token for a license id; returns its path. */
  async token(licenseId = "cr-hamburg") {
    await this.tab("Tokens");
    const choice = this.page.locator(`[data-license="${licenseId}"]`);
    const path = await this.download(choice.getByRole("button"));
    await this.tab("License a machine");
    return path;
  }

  /** The number field of a seat type. */
  seats(name) {
    return this.page.getByRole("textbox", { name, exact: true });
  }

  issueButton() {
    return this.page.getByRole("button", { name: "Issue license file" });
  }

  /** Answers a request with these seats; returns the license file's path. */
  async answer(request, seats) {
    await this.drop(request);
    await expect(this.heading(/^(Allocate seats to|Activate) machine/)).toBeVisible();
    for (const [name, quantity] of Object.entries(seats)) await this.seats(name).fill(`${quantity}`);
    await expect(this.issueButton()).toBeEnabled();
    for (const [name, quantity] of Object.entries(seats)) {
      await expect(this.seats(name)).toHaveValue(`${quantity}`);
    }
    const path = await this.download(this.issueButton());
    await expect(this.heading(/is issued$/)).toBeVisible();
    return path;
  }

  /** Answers an activation with what is offered; returns the license file's path. */
  async activated(request) {
    await this.drop(request);
    await expect(this.heading(/^Activate machine/)).toBeVisible();
    await expect(this.issueButton()).toBeEnabled();
    return this.download(this.issueButton());
  }

  /** Carries out what is on the table; returns the path of the file that comes of it. */
  async carryOut(button) {
    return this.download(this.page.getByRole("button", { name: button, exact: true }));
  }

  async again() {
    await this.page.getByRole("button", { name: "Next request" }).click();
  }

  /** Exports the ledger; returns its path. */
  async exported() {
    await this.tab("Ledger");
    const path = await this.download(this.page.getByRole("button", { name: "Export ledger" }));
    await this.tab("License a machine");
    return path;
  }

  /** Begins a guide on the ledger page; returns its card. */
  async guide(title) {
    await this.tab("Ledger");
    const choice = this.page.locator("details", { has: this.page.locator("summary", { hasText: title }) });
    await choice.locator("summary").click();
    await choice.getByRole("button", { name: "Go through it" }).click();
    const card = this.page.locator("section.card", { has: this.page.getByRole("heading", { name: title }) });
    await expect(card.locator("[aria-current=step]")).toBeVisible();
    return card;
  }

  /** The refusal with this code. */
  refusal(code) {
    return this.page.locator(`[data-code="${code}"]`);
  }
}

/** The site in a page, with a bundle unlocked and its ledger begun. */
export async function opened(page, site, vendor, bundle) {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await desk.open(bundle ?? (await vendor.bundle()));
  return desk;
}

/** Has the portal's worker begin with this line of script: workers are not reached by init scripts. */
export async function beginWorkerWith(site, line) {
  const worker = (await (await fetch(site.url)).text()).match(/content="\.\/(worker-[0-9a-f]+\.js)"/)[1];
  const script = await (await fetch(site.url + worker)).text();
  site.files.set(`/${worker}`, `${line}\n${script}`);
}

/** Does `step`, sees its refusal by the code that the page shows, and that the ledger stayed as it is. */
export async function refuses(desk, code, step) {
  const before = await readFile(await desk.exported());
  await step();
  const refusal = desk.refusal(code).first();
  await expect(refusal, code).toBeVisible();
  await expect(refusal, code).toContainText(code);
  await expect(desk.issueButton(), code).toBeHidden();
  await expect(desk.page.getByRole("button", { name: "Make time ticket" }), code).toBeHidden();
  expect(await readFile(await desk.exported()), code).toEqual(before);
}

/** The payload of a file's last line. */
export async function payload(file) {
  const line = (await readFile(file, "utf8")).trimEnd().split("\n").at(-1);
  return JSON.parse(Buffer.from(JSON.parse(line).payload, "base64").toString());
}

/** A machine that is enrolled with a token of this desk. */
export async function enrolled(desk, name, licenseId) {
  const machine = await desk.vendor.machine(name);
  await machine.must("enroll", await desk.token(licenseId));
  return machine;
}

export { expect };
