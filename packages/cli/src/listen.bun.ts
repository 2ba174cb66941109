import { lookup } from "node:dns/promises";
import { type Fetch, type Listening, urlOf } from "./listen.ts";

/** Seconds without a byte after which a connection is closed: the maximum in Bun. */
const mostIdle = 255;

/**
 * Bun's server. A connection does not count as idle while its request is being answered, however long the first token
 * takes. Other idle connections are closed.
 */
export async function listen(
  fetch: Fetch,
  { host, port, idle = mostIdle }: { readonly host: string; readonly port: number; readonly idle?: number | undefined },
): Promise<Listening> {
  // For a name that cannot be resolved, Bun's server reports an arbitrary leftover error code.
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
        // Otherwise Bun would keep the connection open without a limit after the answer, too.
        server.timeout(request, idle);
      }
    },
  });
  return { url: urlOf(host, server.port), stop: () => server.stop(), close: () => server.stop(true) };
}
