// Pictures of pages as they are, wide and narrow, light and dark, for people to look at.
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "./portal.mjs";

/** Where pictures go; none are taken without one. */
export const folder = process.env.POSTERN_PICTURES;

const sizes = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
];

/** Takes numbered pictures of the page as it is. */
export class Album {
  constructor(page, of = "") {
    this.page = page;
    this.of = of;
    this.count = 0;
  }

  async take(name) {
    await mkdir(folder, { recursive: true });
    this.count += 1;
    const number = `${this.count}`.padStart(2, "0");
    for (const size of sizes) {
      await this.page.setViewportSize(size);
      for (const colorScheme of ["light", "dark"]) {
        await this.page.emulateMedia({ colorScheme });
        const path = join(resolve(folder), `${this.of}${number}-${name}-${size.width}-${colorScheme}.png`);
        await this.page.screenshot({ path, fullPage: true, animations: "disabled" });
      }
      expect.soft(await this.page.evaluate(tooWide), `${name} at ${size.width} px`).toEqual([]);
    }
    await this.page.setViewportSize(sizes[0]);
    await this.page.emulateMedia({ colorScheme: "light" });
  }

  /** One picture for the README: wide, light, without the footer. */
  async cover(name) {
    const { y } = await this.page.getByRole("contentinfo").boundingBox();
    const clip = { x: 0, y: 0, width: sizes[0].width, height: y - 32 };
    const path = join(resolve(folder), `${name}.png`);
    await this.page.screenshot({ path, fullPage: true, clip, animations: "disabled" });
  }
}

/** In the page: what makes it scroll sideways. */
function tooWide() {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  return [...document.querySelectorAll("main *")]
    .filter((element) => element.getBoundingClientRect().right > clientWidth)
    .map((element) => `${element.localName}.${element.className}`);
}
