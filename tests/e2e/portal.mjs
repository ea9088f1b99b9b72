// What every browser test starts from: `test` with a served portal (`site`) and a page that is
// watched: a console error, an uncaught exception, or a request to anywhere else fails the test.
import { test as base, expect } from "@playwright/test";
import { serve } from "./serve.mjs";

export const test = base.extend({
  /** Folders served over dist; override with `test.use({ overlays: [...] })`. */
  overlays: [[], { option: true }],

  /** Headers of every answer; override like `overlays`. */
  headers: [{}, { option: true }],

  site: async ({ overlays, headers }, use) => {
    const site = await serve({ overlays, headers });
    await use(site);
    await site.close();
  },

  page: async ({ page, site }, use) => {
    const wrong = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => wrong.push(`exception: ${error}`));
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      const inside = ["data:", "blob:"].includes(protocol) || `${origin}/` === site.url;
      if (!inside) wrong.push(`request: ${request.url()}`);
    });
    await use(page);
    expect(wrong).toEqual([]);
  },
});

export { expect };
