import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Fetch, type Listening, urlOf } from "./listen.ts";

/** Milliseconds that the headers of a request may take, and between checks of that limit. */
const serverOptions = { headersTimeout: 30_000, connectionsCheckingInterval: 5000 };

/** Node's server, and Deno's compatible one. Closes idle connections, before a request and seconds after an answer. */
export function listen(
  fetch: Fetch,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // Requests without a Host header get `hostname`. The global Request and Response stay as they are, because other
    // code in the process uses them.
    const server = createAdaptorServer({ fetch, hostname: "localhost", overrideGlobalObjects: false, serverOptions });
    server.on("error", reject);
    server.listen(port, host, () => {
      const stop = () =>
        new Promise<void>((done) => {
          // Keep-alive connections do not close when they become idle.
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
