// Pictures of every page and step, wide and narrow, light and dark, for people to look at:
//   POSTERN_PICTURES=pictures npx playwright test pictures
import { writeFile } from "node:fs/promises";
import { Album, folder } from "../album.mjs";
import { cadPolicy, Desk, enrolled, expect, test } from "../world.mjs";

/** The demo vendor's. */
const brand = {
  name: "Northwind Licensing",
  organization: "Northwind Automation",
  tagline: "Licenses for machines that are not on any network.",
  colors: { accent: "#1f5f6b", accent_dark: "#7cc4cf" },
  contact: { name: "Northwind licensing", email: "licensing@northwind.example" },
};

const licenses = `${cadPolicy('consumption = { pages = { limit = 100, overage = 0, every = "30 days" } }')}
[[license]]
id = "cad-7"
policy = "cad"
name = "CAD, design office"
`;

test("every page and step", async ({ page, site, vendor }) => {
  test.skip(!folder, "pictures are taken when POSTERN_PICTURES names a folder");
  test.setTimeout(600_000);
  const album = new Album(page);
  const desk = new Desk(page, vendor);
  const bundle = await vendor.bundle({
    rights: `repair_clock = { count = 1, max_back = "1 day" }
release_dead = { quota = 2, cooldown = "1 day" }`,
    licenses,
  });
  site.files.set("/brand.json", JSON.stringify(brand));

  await page.goto(site.url);
  await expect(desk.heading("Load your entitlement bundle")).toBeVisible();
  await album.take("load");
  await page.getByRole("button", { name: "Make a key in this browser" }).click();
  await expect(page.getByText("The key was made and stored in this browser.")).toBeVisible();
  await album.take("license-code");

  await desk.drop(bundle);
  await expect(desk.heading("Unlock the bundle")).toBeVisible();
  await album.take("unlock");
  await desk.unlock("other words");
  await expect(desk.refusal("sealed-key-passphrase-wrong")).toBeVisible();
  await album.take("wrong-passphrase");
  await desk.unlock();
  await expect(desk.heading("Where is this account's ledger?")).toBeVisible();
  await album.take("ledger-where");
  await desk.beginLedger();
  await expect(desk.heading("Drop the license file request")).toBeVisible();
  await album.take("request");

  const machine = await enrolled(desk, "hamburg");
  const other = await enrolled(desk, "altona");
  await desk.answer(await other.request(), { "Bot Creator": 4, "Bot Runner": 6 });
  await desk.again();
  await machine.must("install", await desk.answer(await machine.request(), { "Bot Creator": 3, "Bot Runner": 5 }));
  for (const user of ["ada", "ben"]) await machine.must("checkout", "bot-creator", "--user", user);
  await desk.again();
  const request = await machine.request();
  await desk.drop(request);
  await desk.seats("Bot Creator").fill("5");
  await desk.seats("Bot Runner").fill("9");
  await expect(desk.issueButton()).toBeEnabled();
  await album.take("allocate");
  await album.cover("allocate");
  await desk.seats("Bot Creator").fill("9");
  await page.getByLabel("Last day").fill("2999-01-01");
  for (const code of ["seats-exceed-free", "end-too-late"]) await expect(desk.refusal(code)).toBeVisible();
  await album.take("allocate-refused");
  await desk.drop(request);
  await expect(desk.refusal("seats-exceed-free")).toBeHidden();
  await desk.seats("Bot Creator").fill("5");
  await desk.seats("Bot Runner").fill("9");
  const license = await desk.download(desk.issueButton());
  await expect(desk.heading(/is issued$/)).toBeVisible();
  await album.take("done");
  await desk.again();
  await desk.drop(request);
  await expect(desk.refusal("request-used")).toBeVisible();
  await album.take("request-used");

  const token = await desk.token("cr-kiel");
  const first = await desk.answer(await vendor.strange(token, "lfr", 40), { "Bot Creator": 1 });
  await desk.again();
  await desk.drop(await vendor.strange(token, "restored", 7, first));
  await expect(page.locator("[data-fork]")).toBeVisible();
  await album.take("restored");
  await page.getByLabel("Accept this machine as it is now").check();
  await desk.seats("Bot Creator").fill("1");
  await expect(desk.issueButton()).toBeEnabled();
  await album.take("restored-accepted");
  await desk.download(desk.issueButton());
  await desk.again();
  const challenge = await vendor.strange(await desk.token("cr-kiel"), "clock", 3 * 3600);
  await desk.drop(challenge);
  await expect(page.getByRole("button", { name: "Make time ticket" })).toBeVisible();
  await album.take("clock");
  await desk.download(page.getByRole("button", { name: "Make time ticket" }));
  await expect(desk.heading(/^The time ticket/)).toBeVisible();
  await album.take("clock-done");
  await desk.again();
  await desk.drop(await vendor.strange(await desk.token("cr-kiel"), "clock", 25 * 3600));
  await expect(desk.refusal("clock-repairs-spent")).toBeVisible();
  await album.take("clock-refused");

  const letter = vendor.path("letter.pdf");
  await writeFile(letter, "%PDF-1.7 a letter");
  await desk.drop([await machine.request(), await other.request(), request, letter, bundle]);
  await expect(desk.heading("5 files at once")).toBeVisible();
  await album.take("several");
  await desk.download(page.getByRole("button", { name: /^Answer/ }));
  await expect(desk.heading(/answered$/)).toBeVisible();
  await album.take("several-done");
  await page.getByRole("button", { name: "Next request" }).click();
  const editor = await vendor.machine("editor");
  await desk.drop(await editor.activate("--key-file", await vendor.secretFile("cad-7")));
  await expect(desk.heading(/^Activate machine/)).toBeVisible();
  await album.take("activate");
  await editor.must("install", await desk.download(desk.issueButton()));
  await desk.again();
  await desk.tab("Overview");
  await page.getByRole("button", { name: "Refresh", exact: true }).first().click();
  await expect(desk.heading(/^Refresh machine/)).toBeVisible();
  await album.take("refresh");
  await page.getByRole("button", { name: "Back" }).click();
  await desk.tab("Overview");
  await page.getByRole("button", { name: "Release", exact: true }).first().click();
  await expect(desk.heading(/^Release machine/)).toBeVisible();
  await album.take("release");
  await desk.drop(await editor.deactivate());
  await expect(desk.heading(/gives its license back$/)).toBeVisible();
  await album.take("given-back");
  await page.getByRole("button", { name: "Back" }).click();

  for (const name of ["Overview", "Tokens", "Ledger"]) {
    await desk.tab(name);
    await expect(page.getByRole("link", { name, exact: true })).toHaveAttribute("aria-current", "page");
    await album.take(name.toLowerCase());
  }
  await desk.guide("The ledger is lost");
  await album.take("guide-lost");
  const guide = await desk.guide("Hand over to another administrator");
  await album.take("guide-handover");
  await guide.getByLabel("Who goes on?").fill("Bo Deputy");
  for (const field of ["New passphrase for the file", "The same again"]) {
    await guide.getByLabel(field).fill("sundial orchard meridian");
  }
  const handover = await desk.download(guide.getByRole("button", { name: "Make the handover file" }));
  await expect(guide.getByText("It is over", { exact: true })).toBeVisible();
  await album.take("handed-over");
  await desk.drop(handover);
  await expect(desk.heading("Take over the ledger")).toBeVisible();
  await album.take("take-over");
  await page.getByRole("button", { name: "Not now" }).click();
  await desk.tab("Ledger");
  for (const one of await page.locator("details.fold > summary").all()) await one.click();
  await album.take("guides");
  await desk.tab("Look into a file");
  await expect(desk.heading("Look into a file")).toBeVisible();
  await album.take("inspect");
  await desk.drop(license);
  await expect(page.locator("[data-kind=license]")).toBeVisible();
  await album.take("inspect-license");
  const damaged = vendor.path("damaged.olf");
  await writeFile(damaged, "%PDF-1.7 a letter");
  await desk.drop(damaged);
  await expect(page.locator("[data-code]").first()).toBeVisible();
  await album.take("not-ours");
});
