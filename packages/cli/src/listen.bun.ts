import { lookup } from "node:dns/promises";
import { type Fetch, type Listening, urlOf } from "./listen.ts";

/** Seconds without a byte after which a connection ends: the most that Bun takes. */
const patience = 255;

/**
 * Bun's server. While an answer is made its connection is not idle, however long the first token takes; connections
 * that say nothing end.
 */
export async function listen(
  fetch: Fetch,
  { host, port, idle = patience }: { readonly host: string; readonly port: number; readonly idle?: number | undefined },
): Promise<Listening> {
  // Of a name that nobody knows Bun's server tells by whatever code the system left behind.
  await lookup(host);
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: idle,
    fetch: async (request, server) => {
      server.timeout(request, 0);
      try {
        return await fetch(request);
      } finally {
        // Bun would keep the connection without a limit after the answer, too.
        server.timeout(request, idle);
      }
    },
  });
  return { url: urlOf(host, server.port), stop: () => server.stop(), close: () => server.stop(true) };
}
