// Bundles of node-locked licenses, each with its own license key, and machines that are activated by one.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test as base } from "./portal.mjs";
import { Desk as Page, expect } from "./world.mjs";

const run = promisify(execFile);
const programs = process.env.POSTERN_BIN ?? join(import.meta.dirname, "../../target/release");

export const test = base.extend({
  /** Makes a bundle of so many licenses for this issuer; with a user and password the first is theirs. */
  make: async ({}, use) => {
    const folders = [];
    await use(async (count, issuer, ...user) => {
      const folder = await mkdtemp(join(tmpdir(), "postern-many-"));
      folders.push(folder);
      await run(join(programs, "examples/many"), [`${count}`, issuer, folder, ...user]);
      const path = (name) => join(folder, name);
      const keys = (await readFile(path("keys.txt"), "utf8")).trimEnd().split("\n");
      const machine = (...args) => run(join(programs, "examples/activation"), args);
      return { bundle: path("many.bundle"), keys, path, machine };
    });
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  },
});

/** The page as an end user uses it. */
export class Desk extends Page {
  /** Types what the machine was activated with, and presses the button. */
  async enter({ key, user, password }, button = "Activate the machine") {
    if (user) {
      await this.page.getByText("user and password", { exact: true }).click();
      await this.page.getByLabel("User", { exact: true }).fill(user);
      await this.page.getByLabel("Password", { exact: true }).fill(password);
    } else {
      await this.page.getByLabel("License key", { exact: true }).fill(key);
    }
    return this.page.getByRole("button", { name: button });
  }

  /** Answers the file that was dropped; returns the path of what is downloaded. */
  async own(credential, button) {
    return this.download(await this.enter(credential, button));
  }
}

export { expect };
