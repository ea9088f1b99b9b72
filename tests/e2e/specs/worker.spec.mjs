// The worker opens a sealed key off the main thread: the key was sealed by OpenSSL
// (`openssl pkcs8 -topk8 -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 5 -v2 aes-256-cbc`), and
// exists for this test only.
import { test, expect } from "../portal.mjs";

const pem = `\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAha9VbSHJnpzAICQAAC
AQgCAQUwHQYJYIZIAWUDBAEqBBDtuiVnp6ytEh0H8rwr3FTgBEBEdaxSGj9FfVUr
OA8AQ6PKI17BIvCa5V5/O35iVYuBlSBrDkSi2xmhWmjU46vFv4Ugg6cXUfOZbUZM
JnevhLt6
-----END ENCRYPTED PRIVATE KEY-----
`;
const seed = "4e847304316c98a8f88f1b713944b0507e3abf5cc2f8e8af4be380048804553b";

/** Asks the page's worker as `browser::worker` does: `[id, kind, parts, each after its length]`. */
async function openKey(page, pem, passphrase) {
  return page.evaluate(
    ([pem, passphrase]) =>
      new Promise((resolve, reject) => {
        const parts = [pem, passphrase, ""].map((text) => new TextEncoder().encode(text));
        const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
        let at = 0;
        for (const part of parts) {
          new DataView(bytes.buffer).setUint32(at, part.length);
          bytes.set(part, at + 4);
          at += 4 + part.length;
        }
        const worker = new Worker(document.querySelector("meta[name=postern-worker]").content);
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data: [id, failed, answer] }) => {
          if (id === 0) return worker.postMessage([1, 2, bytes]);
          worker.terminate();
          resolve(
            failed ? answer : Array.from(answer, (b) => b.toString(16).padStart(2, "0")).join(""),
          );
        };
      }),
    [pem, passphrase],
  );
}

test("the worker opens a key that OpenSSL sealed", async ({ page, site }) => {
  await page.goto(site.url);
  expect(await openKey(page, pem, "four calm words")).toBe(seed);
  expect(await openKey(page, pem, "other words")).toBe("sealed-key-passphrase-wrong");
});
