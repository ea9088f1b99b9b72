// License servers: vendor, reseller, client, client's client, machine, each with its own portal in a browser of its own;
// raised, cut, staged, suspended, resumed, revoked, and what of that reaches the machine by file.
import { Album, folder } from "../album.mjs";
import { Desk, day, enrolled, expect, test } from "../world.mjs";

/** What a reseller bought: any account below it, three levels deep. */
const resale = () => `
account = "southport"
name = "Southport Resale"
product = "automation"
contact = "Southport, +44 20 0000"
portal_key = "sealed"

[labels]
bot-runner = "Bot Runner"
bot-creator = "Bot Creator"

[[entitlement]]
id = "resale"
license_type = "server"
reseller = true
issue_from = ${day(-30)}
issue_until = ${day(300)}
run_until = ${day(330)}
longest_duration = "unlimited"
longest_session = "8 hours"
license_count = 10
allow_offline_activation = true
machines = "pool"
seats = { bot-runner = 50, bot-creator = 10 }
rights = { delegate = 4, release_dead = { quota = 3, cooldown = "1 day" } }
expiry = { grace = "14 days", after_end = "lock", extension = "0 days" }
`;

/** A portal in a browser of its own that has made its key: the desk and its License Code. */
async function portal(browser, site, vendor, number) {
  const page = await (await browser.newContext()).newPage();
  const desk = new Desk(page, vendor);
  desk.saved = number * 100;
  await page.goto(site.url);
  await page.getByRole("button", { name: "Make a key in this browser" }).click();
  await expect(page.getByText("The key was made and stored in this browser.")).toBeVisible();
  const code = await page.locator("output[data-code]").getAttribute("data-code");
  return { desk, page, code };
}

/** Loads the bundle of a portal that holds its key, and begins its ledger. */
async function begun({ desk, page }, bundle) {
  await desk.drop(bundle);
  await expect(page.getByText("No passphrase is needed")).toBeVisible();
  await desk.unlock();
  await desk.beginLedger();
  await expect(desk.heading("Drop the license file request")).toBeVisible();
}

/** Fills in fields of a license server by their labels. */
async function fill(page, fields) {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
}

const seats = (page, id) => page.locator(`fieldset[data-seat="${id}"]`);
const give = (page) => page.getByRole("button", { name: "Make the bundle", exact: true });
const card = (page, id) => page.locator(`[data-server="${id}"]`);

/** Opens the form of a new license server. */
async function newServer(desk) {
  await desk.tab("Servers");
  await desk.page.getByRole("button", { name: "New license server" }).click();
}

/** Carries out what is confirmed on a page of its own; returns the bundle's path. */
async function stand(desk, id, word) {
  await card(desk.page, id).getByRole("button", { name: word, exact: true }).click();
  await expect(desk.heading(new RegExp(`^${word} the license server`))).toBeVisible();
  return desk.download(desk.page.getByRole("button", { name: word, exact: true }));
}

async function reseller(page, site, vendor) {
  const desk = new Desk(page, vendor);
  await page.goto(site.url);
  await desk.open(await vendor.bundle({ account: resale }));
  return desk;
}

test("pictures of license servers", async ({ page, site, vendor, browser }) => {
  test.skip(!folder, "pictures are taken when POSTERN_PICTURES names a folder");
  test.setTimeout(600_000);
  const album = new Album(page, "servers-");
  const desk = await reseller(page, site, vendor);
  const works = await portal(browser, site, vendor, 1);
  await desk.tab("Servers");
  await album.take("servers-none");
  await newServer(desk);
  await fill(page, {
    "Client name": "Works Ltd",
    "License Code": works.code,
    "Machines": "5",
    "Address of your portal": "https://southport.example/portal",
    "License servers of its own (OEM), levels": "1",
  });
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").fill("20");
  await seats(page, "bot-runner").getByRole("button", { name: "Add a stage" }).click();
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").nth(1).fill("300");
  await seats(page, "bot-runner").getByLabel("First day of this number of Bot Runner").nth(1).fill(day(60));
  await page.getByLabel("I know what this means, and want it").check();
  await expect(desk.refusal("child-exceeds")).toBeVisible();
  await album.take("servers-refused");
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").nth(1).fill("30");
  await expect(give(page)).toBeEnabled();
  await desk.download(give(page));
  await album.take("servers-made");
  await card(page, "works-ltd").getByRole("button", { name: "Suspend", exact: true }).click();
  await album.take("servers-suspend");
  await works.page.context().close();
});

test("from the vendor over reseller and client to a machine, and back by file", async ({ page, site, vendor, browser }) => {
  const desk = await reseller(page, site, vendor);
  const works = await portal(browser, site, vendor, 1);

  // A client with stages, who may have clients too: that is looked at twice.
  await newServer(desk);
  await fill(page, {
    "Client name": "Works Ltd",
    "License Code": works.code,
    "Machines": "5",
    "Longest session, in hours": "2",
    "Address of your portal": "https://southport.example/portal",
    "License servers of its own (OEM), levels": "2",
  });
  await expect(page.getByLabel("Id", { exact: true })).toHaveValue("works-ltd");
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").fill("20");
  await seats(page, "bot-runner").getByRole("button", { name: "Add a stage" }).click();
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").nth(1).fill("30");
  await seats(page, "bot-runner").getByLabel("First day of this number of Bot Runner").nth(1).fill(day(60));
  await expect(desk.refusal("portal-server-look")).toBeVisible();
  await expect(give(page)).toBeDisabled();
  await page.getByLabel("I know what this means, and want it").check();
  await expect(give(page)).toBeEnabled();
  const bundle = await desk.download(give(page));
  await expect(page.getByText("The bundle is made")).toBeVisible();
  await expect(card(page, "works-ltd")).toContainText("30 from");

  // The client's portal works at once, and makes a client of its own, which may license machines.
  await begun(works, bundle);
  await works.desk.tab("Overview");
  await expect(works.page.getByRole("link", { name: /newest bundle/ })).toHaveAttribute("href", "https://southport.example/portal");
  const hall = await portal(browser, site, vendor, 2);
  await newServer(works.desk);
  await fill(works.page, {
    "Client name": "Hall",
    "License Code": hall.code,
    "Machines": "2",
    "Why it works without a network": "Air-gapped hall",
    "Approved by": "W. Works",
  });
  await seats(works.page, "bot-runner").getByLabel("Seats of Bot Runner").fill("7");
  await begun(hall, await works.desk.download(give(works.page)));

  // Five grants down a machine gets its license.
  const machine = await enrolled(hall.desk, "hall-machine", "hall");
  const license = await hall.desk.answer(await machine.request(), { "Bot Runner": 7 });
  await machine.must("install", license);
  const status = await machine.must("status");
  expect(status.seats.find((seat) => seat.seat_type === "bot-runner").total).toBe(7);

  // The client suspends its client: that arrives at the portal, and at the machine.
  await works.desk.tab("Servers");
  const suspended = await stand(works.desk, "hall", "Suspend");
  await machine.must("install", suspended);
  expect((await machine.verifier("check", "anything")).ok).toBe(false);
  expect((await machine.must("status")).license.use).toBe("lock");
  await hall.desk.drop(suspended);
  await expect(hall.page.getByText("The newer bundle is loaded")).toBeVisible();
  await hall.desk.tab("Tokens");
  await expect(hall.desk.refusal("grant-suspended")).toBeVisible();

  // And resumes it.
  const resumed = await stand(works.desk, "hall", "Resume");
  await machine.must("install", resumed);
  await machine.must("checkout", "bot-runner", "--user", "ada");
  await hall.desk.tab("License a machine");
  await hall.desk.drop(resumed);
  await hall.desk.tab("Tokens");
  await expect(hall.page.locator('[data-license="hall"]')).toBeVisible();
  for (const one of [works, hall]) await one.page.context().close();
});

test("a raise is there at once, a cut counts once the client shows its ledger", async ({ page, site, vendor, browser }) => {
  const desk = await reseller(page, site, vendor);
  const works = await portal(browser, site, vendor, 1);
  await newServer(desk);
  await fill(page, {
    "Client name": "Works",
    "License Code": works.code,
    "Machines": "5",
    "Why it works without a network": "Air-gapped works",
    "Approved by": "S. Southport",
  });
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").fill("51");
  await expect(desk.refusal("child-exceeds")).toBeVisible();
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").fill("20");
  await begun(works, await desk.download(give(page)));
  const machine = await enrolled(works.desk, "works-machine", "works");
  await machine.must("install", await works.desk.answer(await machine.request(), { "Bot Runner": 12 }));
  await works.desk.again();

  const change = async (number) => {
    await card(page, "works").getByRole("button", { name: "Change", exact: true }).click();
    await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").fill(number);
    return desk.download(give(page));
  };
  const renew = async (bundle) => {
    await works.desk.drop(bundle);
    await expect(works.page.getByText("The newer bundle is loaded")).toBeVisible();
  };
  const figures = () => card(page, "works").getByRole("row", { name: /Bot Runner/ });

  // Raised: the machine gets more.
  await renew(await change("30"));
  await machine.must("install", await works.desk.answer(await machine.request(), { "Bot Runner": 25 }));
  await works.desk.again();

  // Cut: void at the portal, and counted until the ledger is shown.
  const before = await works.desk.exported();
  const cut = await change("10");
  await expect(figures()).toContainText("10");
  await expect(figures()).toContainText("30");
  await desk.drop(before);
  await expect(desk.refusal("child-ledger-older")).toBeVisible();
  await renew(cut);
  await desk.drop(await works.desk.exported());
  await expect(page.getByText("The license server's ledger is recorded")).toBeVisible();
  await desk.tab("Servers");
  // The machine holds 25 still: that counts, not the 10.
  await expect(figures()).toContainText("25");
  await works.desk.tab("License a machine");
  await works.desk.drop(await machine.request());
  await expect(works.desk.heading(/^Allocate seats/)).toBeVisible();
  await works.desk.seats("Bot Runner").fill("10");
  await machine.must("install", await works.desk.download(works.desk.issueButton()));
  // The next request proves what is installed.
  await works.desk.again();
  await works.desk.answer(await machine.request(), { "Bot Runner": 10 });
  await desk.drop(await works.desk.exported());
  await desk.tab("Servers");
  await expect(figures()).not.toContainText("25");

  // Everything is in the ledger, and revoking is final.
  await desk.tab("Ledger");
  await expect(page.getByText("License server Works showed its ledger: 1 machine").first()).toBeVisible();
  await desk.tab("Servers");
  await stand(desk, "works", "Revoke");
  await expect(card(page, "works").getByRole("button", { name: "Change", exact: true })).toBeHidden();
  await works.page.context().close();
});

test("what can't be is said at its field, and a stranger's ledger is none of ours", async ({ page, site, vendor, browser }) => {
  const desk = await reseller(page, site, vendor);
  const works = await portal(browser, site, vendor, 1);
  await newServer(desk);
  const field = (label) => page.locator(".field", { has: page.getByLabel(label, { exact: true }) });
  await fill(page, { "Client name": "Works", "License Code": "PSTN1-nonsense", "Machines": "many" });
  await expect(field("License Code")).toContainText("PSTN1");
  await expect(field("Machines")).toContainText("can't be read");
  await fill(page, { "License Code": works.code, "Machines": "11", "Last day": day(400) });
  await seats(page, "bot-runner").getByLabel("Seats of Bot Runner").fill("5");
  await expect(field("Machines")).toContainText("license_count");
  await expect(field("Last day")).toContainText("issue_until");
  await fill(page, { "Machines": "1", "Last day": day(100), "Address of your portal": "http://plain.example" });
  await expect(field("Address of your portal")).toContainText("https");
  await fill(page, { "Address of your portal": "" });
  await page.getByLabel("Offline server: its portal names no address").check();
  await expect(give(page)).toBeDisabled();
  await page.getByLabel("I know what this means, and want it").check();
  await expect(give(page)).toBeEnabled();
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await expect(page.getByText("No license servers yet")).toBeVisible();

  // Whose entitlement may not delegate has no such page.
  await begun(works, await vendor.bundle({ key: `{ license_code = "${works.code}" }` }));
  await expect(works.page.getByRole("link", { name: "Servers", exact: true })).toBeHidden();
  await desk.drop(await works.desk.exported());
  await expect(page.locator("[data-code]").first()).toBeVisible();
  await works.page.context().close();
});

