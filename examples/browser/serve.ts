/**
 * Serves the built page on the loopback address, isolated so that WebAssembly may use threads.
 *
 *     bun examples/browser/serve.ts
 *
 * Any static server works. `--plain` leaves out the two headers, like most static servers.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";
import { parseArgs } from "node:util";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** The headers that make a page cross-origin isolated. */
const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** A running server. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the files of a folder on 127.0.0.1. Port 0 picks a free port. */
export async function serveFolder(
  folder: string,
  { isolated, port }: { readonly isolated: boolean; readonly port: number },
): Promise<Served> {
  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = join(folder, decodeURIComponent(pathname), pathname.endsWith("/") ? "index.html" : "");
    const found = path.startsWith(folder + sep) ? await stat(path).catch(() => undefined) : undefined;
    if (found?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Content-Length": found.size,
      ...(isolated ? isolation : {}),
    });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { plain: { type: "boolean", default: false }, port: { type: "string", default: "8000" } },
  });
  const { url } = await serveFolder(join(import.meta.dirname, "dist"), {
    isolated: !values.plain,
    port: Number(values.port),
  });
  console.log(`The page is on ${url}`);
}
