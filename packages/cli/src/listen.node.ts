import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Fetch, type Listening, urlOf } from "./listen.ts";

/** Milliseconds for the head of a request, and between looks at who took longer. */
const serverOptions = { headersTimeout: 30_000, connectionsCheckingInterval: 5000 };

/**
 * Node's server, and Deno's compatible one. Connections that say nothing end: after an answer within seconds, and
 * before a request.
 */
export function listen(
  fetch: Fetch,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // Requests that name no host get `hostname`. The process keeps its own Request and Response: others than this
    // server use them.
    const server = createAdaptorServer({ fetch, hostname: "localhost", overrideGlobalObjects: false, serverOptions });
    server.on("error", reject);
    server.listen(port, host, () => {
      const stop = () =>
        new Promise<void>((done) => {
          // Connections that are kept alive end when they fall idle, not on their own.
          const timer = setInterval(() => "closeIdleConnections" in server && server.closeIdleConnections(), 20);
          server.close(() => {
            clearInterval(timer);
            done();
          });
        });
      const close = async () => {
        if ("closeAllConnections" in server) server.closeAllConnections();
      };
      resolve({ url: urlOf(host, (server.address() as AddressInfo).port), stop, close });
    });
  });
}
