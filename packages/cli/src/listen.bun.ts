import { lookup } from "node:dns/promises";
import type { Fetch, Listening } from "./listen.ts";

/** Bun's server, without its idle timeout: a slow first token is no dead connection. */
export async function listen(fetch: Fetch, { host, port }: { readonly host: string; readonly port: number }): Promise<Listening> {
  // Of a name that nobody knows Bun's server tells by whatever code the system left behind.
  await lookup(host);
  const server = Bun.serve({ hostname: host, port, idleTimeout: 0, fetch: (request) => fetch(request) });
  return { url: `http://${host}:${server.port}`, stop: () => server.stop(), close: () => server.stop(true) };
}
