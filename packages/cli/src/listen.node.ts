import { serve } from "@hono/node-server";
import type { Fetch, Listening } from "./listen.ts";

/** Node's server, and Deno's compatible one. */
export function listen(fetch: Fetch, { host, port }: { readonly host: string; readonly port: number }): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // The process keeps its own Request and Response: others than this server use them.
    const server = serve({ fetch, hostname: host, port, overrideGlobalObjects: false }, (info) => {
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
      resolve({ url: `http://${host}:${info.port}`, stop, close });
    });
    server.on("error", reject);
  });
}
