// Self-service: a public page with no secret in it, on which end users activate their own machines.
import { readFile, writeFile } from "node:fs/promises";
import { Desk, expect, test } from "../many.mjs";
import { Machine, payload } from "../world.mjs";

const ana = { user: "ana", password: "nine calm words" };

/** The page with a bundle of three licenses, the first of them Ana's. */
async function opened(page, site, make) {
  const many = await make(3, "end-user", ana.user, ana.password);
  const desk = new Desk(page, { path: many.path });
  await page.goto(site.url);
  await desk.drop(many.bundle);
  await expect(desk.heading("Activate automation")).toBeVisible();
  const ask = async (...args) => {
    const file = many.path(`${args.join("-").length}-${args[1]}.req`);
    await many.machine(args[0], file, ...args.slice(1));
    return file;
  };
  return { many, desk, ask };
}

test("a license key activates a machine, and gives the license back", async ({ page, site, make }) => {
  const { many, desk, ask } = await opened(page, site, make);
  const key = many.keys[1];
  // Nobody's account is open here: there is nothing to look at but files.
  await expect(page.getByRole("link", { name: "Ledger" })).toHaveCount(0);
  await desk.drop(await ask("50", "key", key));
  await expect(page.getByText("A machine asks to be activated.")).toBeVisible();
  const license = await desk.own({ key });
  await expect(desk.heading(/is issued$/)).toBeVisible();
  expect(await payload(license)).toMatchObject({ license_id: "license-1", license_type: "perpetual", sequence: 1 });
  // Everything that the license has is in it, and on the page.
  expect((await payload(license)).allocation).toMatchObject([{ seat_type: "editor", steps: [{ quantity: 1 }] }]);
  await expect(page.getByRole("row", { name: /^editor/ })).toBeVisible();

  // What was typed is nowhere: not in the page, and not in what the browser keeps.
  const kept = await page.evaluate(async () => {
    const found = [document.documentElement.outerHTML, JSON.stringify({ ...localStorage })];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((done) => {
        indexedDB.open(name).onsuccess = ({ target }) => done(target.result);
      });
      for (const store of database.objectStoreNames) {
        const all = database.transaction(store).objectStore(store).getAll();
        await new Promise((done) => (all.onsuccess = done));
        found.push(...all.result.map((one) => (one instanceof Uint8Array ? new TextDecoder().decode(one) : JSON.stringify(one))));
        if (store === "keys") found.push(...all.result.map(() => "a key"));
      }
    }
    return found;
  });
  expect(kept.length).toBeGreaterThan(3);
  expect(kept.filter((text) => text.includes(key) || text === "a key")).toEqual([]);

  // One place: another machine is refused until this one gives its license back.
  await desk.drop(await ask("51", "key", key));
  await (await desk.enter({ key })).click();
  await expect(desk.refusal("machines-too-many")).toBeVisible();
  await desk.drop(await ask("50", "back", license));
  await expect(page.getByText("A machine gives its license back.")).toBeVisible();
  const receipt = await desk.own({ key }, "Give the license back");
  expect(receipt).toMatch(/deactivation\.receipt$/);
  await expect(page.getByRole("button", { name: "Download again" })).toBeVisible();
  await desk.drop(await ask("51", "key", key));
  expect(await payload(await desk.own({ key }))).toMatchObject({ license_id: "license-1" });
});

test("a site that brings its bundle is ready for any end user, also the next time", async ({ page, site, make }) => {
  const many = await make(3, "end-user");
  site.files.set("/licenses.bundle", await readFile(many.bundle));
  site.files.set("/brand.json", JSON.stringify({ name: "Northwind Activation", bundle: "licenses.bundle" }));
  const desk = new Desk(page, { path: many.path });
  for (const visit of [1, 2]) {
    await page.goto(site.url);
    await expect(page).toHaveTitle("Northwind Activation");
    await expect(desk.heading("Activate automation")).toBeVisible();
    await many.machine("60", many.path("activate_offline.req"), "key", many.keys[visit]);
    await desk.drop(many.path("activate_offline.req"));
    expect(await payload(await desk.own({ key: many.keys[visit] }))).toMatchObject({ license_id: `license-${visit}` });
  }
});

test("user and password activate a machine", async ({ page, site, make }) => {
  const { desk, ask } = await opened(page, site, make);
  await desk.drop(await ask("52", "user", ana.user, ana.password));
  expect(await payload(await desk.own(ana))).toMatchObject({ license_id: "license-0" });
  await page.getByRole("button", { name: "Next request" }).click();
  await expect(desk.heading("Activate automation")).toBeVisible();
});

test("what was typed wrongly is refused, and nothing is kept of it", async ({ page, site, make }) => {
  const { many, desk, ask } = await opened(page, site, make);
  await desk.drop(await ask("53", "key", many.keys[1]));
  const refused = async (credential, code) => {
    await (await desk.enter(credential)).click();
    await expect(desk.refusal(code)).toBeVisible();
    await page.getByRole("button", { name: "Dismiss this message" }).click();
  };
  await refused({ key: "ABC" }, "license-key-length");
  const typo = many.keys[1].replace(/.$/, (last) => (last === "Q" ? "P" : "Q"));
  await refused({ key: typo }, "license-key-checksum");
  // A license key of another vendor, and another license of this one.
  await refused({ key: "00000-00000-00000-00000-00000-00000" }, "license-key-checksum");
  await refused({ key: many.keys[2] }, "portal-own-other");
  // Of the first license the key is Ana's password, so its license key is nobody's.
  await refused({ key: many.keys[0] }, "portal-own-unknown");
  await refused({ user: "ana", password: "wrong words" }, "portal-own-unknown");
  await refused({ user: "ana", password: ana.password }, "portal-own-other");
  // The right one still works.
  await page.getByText("a license key", { exact: true }).click();
  expect(await desk.own({ key: many.keys[1] })).toMatch(/license\.lic$/);
});

test("in another browser the ledger begins anew", async ({ page, site, make, browser }) => {
  const { many, desk, ask } = await opened(page, site, make);
  const key = many.keys[1];
  await desk.drop(await ask("54", "key", key));
  const first = await desk.own({ key });
  expect((await payload(first)).ledger).toMatchObject({ position: 2, ledger: { epoch: 0 } });

  const context = await browser.newContext();
  const elsewhere = await context.newPage();
  const home = new Desk(elsewhere, { path: many.path });
  home.saved = 100;
  await elsewhere.goto(site.url);
  await home.drop(many.bundle);
  // What was issued elsewhere can't be given back here.
  await home.drop(await ask("54", "back", first));
  await (await home.enter({ key }, "Give the license back")).click();
  await expect(home.refusal("portal-own-elsewhere")).toBeVisible();
  await home.drop(await ask("54", "key", key, first));
  const second = await home.own({ key });
  expect(await payload(second)).toMatchObject({ sequence: 2, ledger: { position: 2, ledger: { epoch: 1 } } });
  await context.close();

  // Back where it began, whose ledger the machine has outgrown.
  await desk.drop(await ask("54", "key", key, second));
  expect(await payload(await desk.own({ key }))).toMatchObject({ sequence: 3, ledger: { ledger: { epoch: 2 } } });
});

test("a real machine installs what two browsers answer, and gives it back", async ({ page, site, make, browser }) => {
  const { many, desk } = await opened(page, site, make);
  const key = many.keys[1];
  await writeFile(many.path("key.txt"), `${key}\n`);
  const machine = new Machine({ path: many.path }, "laptop");
  await machine.must("trust", many.path("trust.trust"));
  const activate = async (name, ...more) => {
    await machine.must("activate", "-o", many.path(name), "--key-file", many.path("key.txt"), ...more);
    return many.path(name);
  };
  await desk.drop(await activate("activate_offline.req"));
  await machine.must("install", await desk.own({ key }));
  expect(await machine.must("status")).toMatchObject({ license: { license_id: "license-1" } });

  const elsewhere = await (await browser.newContext()).newPage();
  const home = new Desk(elsewhere, { path: many.path });
  home.saved = 200;
  await elsewhere.goto(site.url);
  await home.drop(many.bundle);
  await home.drop(await activate("again.req", "--again"));
  // The machine takes the license of the ledger that began anew above the one it knows.
  await machine.must("install", await home.own({ key }));
  await machine.must("deactivate", "-o", many.path("deactivate_offline.req"), "--yes");
  await home.drop(many.path("deactivate_offline.req"));
  expect(await home.own({ key }, "Give the license back")).toMatch(/deactivation\.receipt$/);
  await elsewhere.context().close();
});
