// Serves the built portal for one test: dist/ on a free port of this machine, with folders over it
// (a bundle, a brand.json) and whatever a test puts at an address while it runs.
import { createServer } from "node:http";
import { readFile, realpath } from "node:fs/promises";
import { dirname, extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The built site: POSTERN_DIST, or dist/ of this repository. */
export const dist = process.env.POSTERN_DIST ?? join(here, "..", "..", "dist");

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/**
 * Starts a server. `overlays`: folders searched before dist. `files`: a Map from "/path" to a Buffer
 * or string, searched first; it may change while the server runs. `headers`: sent with every answer.
 * Returns { url, requests, files, close }: `requests` lists every path asked for.
 */
export async function serve({ overlays = [], files = new Map(), headers: also = {}, root = dist } = {}) {
  const folders = await Promise.all([...overlays, root].map((folder) => realpath(folder)));
  const requests = [];

  const server = createServer(async (request, response) => {
    const path = pathOf(request.url);
    requests.push(path ?? request.url);
    const body = path === undefined ? undefined : await find(path);
    const headers = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", ...also };
    if (!["GET", "HEAD"].includes(request.method) || body === undefined) {
      response.writeHead(404, { ...headers, "Content-Type": "text/plain" }).end("404\n");
      return;
    }
    headers["Content-Type"] = types[extname(path)] ?? "application/octet-stream";
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : body);
  });

  async function find(path) {
    if (files.has(path)) return files.get(path);
    for (const folder of folders) {
      try {
        const file = await realpath(join(folder, path));
        if (file.startsWith(folder + sep)) return await readFile(file);
      } catch {
        // Not in this folder.
      }
    }
    return undefined;
  }

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests,
    files,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function pathOf(url) {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0]);
    return path === "/" ? "/index.html" : path;
  } catch {
    return undefined;
  }
}
