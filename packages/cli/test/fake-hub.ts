/**
 * A hub on the loopback interface: the routes that a pull uses, large files behind a redirect to another port, and
 * faults on demand.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export const commit = "0123456789abcdef0123456789abcdef01234567";

/** What the servers saw of a request. */
export interface Seen {
  readonly server: "hub" | "cdn";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** Answers in place of the hub. `body` is what it would serve. */
export type Fault = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

export interface FakeHub {
  readonly url: string;
  readonly seen: Seen[];
  /** The requests whose path ends so. */
  requests(ending: string): Seen[];
  /**
   * What answers the next requests whose path ends so, one each. Large files are at `/ORG/NAME/resolve/COMMIT/path` and
   * at the CDN's `/signed/path`.
   */
  faults(ending: string, ...faults: readonly Fault[]): void;
  /** What the listing says of a file in place of the truth. */
  readonly lies: Map<string, object>;
  close(): Promise<void>;
}

const pageLength = 3;
const empty = Buffer.alloc(0);
const isLarge = (path: string) => /\.onnx|\.safetensors$/.test(path);

/** The name of a file's blob. */
export function hashOf(path: string, bytes: Buffer): string {
  if (isLarge(path)) return createHash("sha256").update(bytes).digest("hex");
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The bytes, or those that a Range header asks for. */
export const serve: Fault = (request, response, body) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (request.headers.range === undefined) response.writeHead(200, { "content-length": body.length });
  else {
    const range = `bytes ${from}-${body.length - 1}/${body.length}`;
    response.writeHead(206, { "content-length": body.length - from, "content-range": range });
  }
  response.end(body.subarray(from));
};

/** No success, with the hub's own code of the reason. */
export const refuse =
  (status: number, code?: string, headers: Readonly<Record<string, string>> = {}): Fault =>
  (_, response) => {
    response.writeHead(status, { ...headers, ...(code === undefined ? {} : { "x-error-code": code }) }).end("no");
  };

/** The first bytes of a whole answer; `go` ends the connection. */
export function stuck(bytes: number): { readonly fault: Fault; readonly go: () => void } {
  let held: ServerResponse | undefined;
  return {
    fault: (_, response, body) => {
      held = response;
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, bytes));
    },
    go: () => held?.destroy(),
  };
}

/** The whole answer in so many parts, with a pause before each. */
export const trickle =
  (parts: number, milliseconds: number): Fault =>
  async (_, response, body) => {
    response.writeHead(200, { "content-length": body.length }).flushHeaders();
    for (let part = 0; part < parts; part++) {
      await sleep(milliseconds);
      response.write(body.subarray((part * body.length) / parts, ((part + 1) * body.length) / parts));
    }
    response.end();
  };

/** Serves one model under a name, at `main` and at its commit. */
export async function fakeHub(model: string, files: Readonly<Record<string, Buffer>>): Promise<FakeHub> {
  const seen: Seen[] = [];
  const queues: { readonly ending: string; readonly faults: Fault[] }[] = [];
  const lies = new Map<string, object>();
  const hub = createServer((request, response) => note("hub", request, response, atHub));
  const cdn = createServer((request, response) => note("cdn", request, response, atCdn));
  await Promise.all([hub, cdn].map((server) => once(server.listen(0, "127.0.0.1"), "listening")));
  const address = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void;
  function note(server: Seen["server"], request: IncomingMessage, response: ServerResponse, route: Route) {
    const url = new URL(request.url ?? "", "http://hub");
    const { range, authorization } = request.headers;
    seen.push({ server, path: url.pathname, range, authorization });
    route(request, response, url);
  }
  /** What answers a path: the next fault, or else what should. */
  const answerTo = (path: string, standard: Fault): Fault =>
    queues.find(({ ending, faults }) => path.endsWith(ending) && faults.length > 0)?.faults.shift() ?? standard;
  function atHub(request: IncomingMessage, response: ServerResponse, { pathname, searchParams }: URL) {
    const api = `/api/models/${model}`;
    const path = Object.keys(files).find(
      (path) => decodeURIComponent(pathname) === `/${model}/resolve/${commit}/${path}`,
    );
    const bytes = files[path ?? ""] ?? empty;
    const etag = `"${hashOf(path ?? "", bytes)}"`;
    const json = (value: object) => answerTo(pathname, serve)(request, response, Buffer.from(JSON.stringify(value)));
    if ([`${api}/revision/main`, `${api}/revision/${commit}`].includes(pathname)) {
      json({ _id: "1", id: model, sha: commit, lastModified: 0 });
    } else if (pathname === `${api}/tree/${commit}`) {
      const page = Number(searchParams.get("page") ?? 0);
      const entries = [
        { type: "directory", path: "onnx", size: 0 },
        ...Object.entries(files).map(([path, bytes]) => entryOf(path, bytes)),
      ];
      if ((page + 1) * pageLength < entries.length)
        response.setHeader("link", `<${address(hub)}${pathname}?page=${page + 1}>; rel="next"`);
      json(entries.slice(page * pageLength, (page + 1) * pageLength));
    } else if (path === undefined) {
      const known = pathname.startsWith(api);
      answerTo(pathname, refuse(known ? 404 : 401, known ? "RevisionNotFound" : "RepoNotFound"))(
        request,
        response,
        empty,
      );
    } else if (isLarge(path)) {
      const headers = {
        location: `${address(cdn)}/signed/${encodeURI(path)}`,
        "x-linked-etag": etag,
        "x-repo-commit": commit,
      };
      answerTo(pathname, (_, response) => response.writeHead(302, headers).end())(request, response, bytes);
    } else {
      response.setHeader("etag", etag);
      response.setHeader("x-repo-commit", commit);
      answerTo(pathname, serve)(request, response, bytes);
    }
  }
  function atCdn(request: IncomingMessage, response: ServerResponse, { pathname }: URL) {
    answerTo(pathname, serve)(request, response, files[decodeURI(pathname).slice("/signed/".length)] ?? empty);
  }
  function entryOf(path: string, bytes: Buffer): object {
    const hash = hashOf(path, bytes);
    const lfs = isLarge(path)
      ? { oid: "1".repeat(40), lfs: { oid: hash, size: bytes.length, pointerSize: 130 } }
      : { oid: hash };
    return { type: "file", path, size: bytes.length, ...lfs, ...lies.get(path) };
  }
  return {
    url: address(hub),
    seen,
    requests: (ending) => seen.filter(({ path }) => path.endsWith(ending)),
    faults: (ending, ...faults) => queues.push({ ending, faults: [...faults] }),
    lies,
    async close() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
