import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const system = "/usr/bin/chromium";
// Undefined: Playwright's own browser.
const executablePath = process.env.POSTERN_CHROMIUM ?? (existsSync(system) ? system : undefined);

export default defineConfig({
  testDir: "specs",
  forbidOnly: Boolean(process.env.CI),
  fullyParallel: true,
  workers: 2,
  timeout: 120_000,
  reporter: "list",
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    actionTimeout: 15_000,
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
