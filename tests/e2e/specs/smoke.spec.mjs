// The page starts under its own policy: the shell shows, the worker answers, nothing complains and
// nothing is asked of any other server (the `page` fixture watches for both).
import { test, expect } from "../portal.mjs";

test("the portal starts under its policy", async ({ page, site }) => {
  await page.goto(site.url);
  await expect(page.getByRole("banner")).toBeVisible();
  await expect(page.locator(".app")).toHaveAttribute("data-desk", "ready");
  await expect(page.locator("#crash")).toBeHidden();
  const policy = await page
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute("content");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe-inline");
});

test("an address with a page opens that page", async ({ page, site }) => {
  await page.goto(`${site.url}#/inspect`);
  await expect(page.getByRole("heading", { level: 1, name: "Look into a file" })).toBeVisible();
  await page.getByRole("link", { name: "License a machine" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Load your entitlement bundle" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Look into a file" })).toBeVisible();
});

test("the colours chosen stay chosen", async ({ page, site }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(site.url);
  await page.getByRole("button", { name: "Use dark colours" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("button", { name: "Use light colours" })).toBeVisible();
});

test("without JavaScript the page says what to ask for", async ({ browser, site }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(site.url);
  await expect(page.getByRole("heading", { name: "The portal needs JavaScript" })).toBeVisible();
  await expect(page.getByText("Opening the license portal")).toBeHidden();
  await context.close();
});

test("without WebAssembly the page says what to ask for", async ({ browser, site }) => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    delete globalThis.WebAssembly;
  });
  const page = await context.newPage();
  await page.goto(site.url);
  const heading = page.getByRole("heading", { name: "This browser does not run the portal" });
  await expect(heading).toBeVisible();
  await context.close();
});

test("a program that can't be loaded ends in the error page", async ({ browser, site }) => {
  const context = await browser.newContext();
  await context.route("**/portal-*_bg.wasm", (route) => route.abort());
  const page = await context.newPage();
  await page.goto(site.url);
  await expect(page.getByRole("heading", { name: "The portal stopped" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Reload the page" })).toBeVisible();
  await context.close();
});
