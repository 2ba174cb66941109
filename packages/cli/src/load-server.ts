/** What `lenity bench load` and `bench many` measure: clients in a thread of their own, and a server on loopback. */
import { Worker } from "node:worker_threads";
import { type LoadReport, type Spread, spread } from "@lenity/bench/load";
import type { ManyReport } from "@lenity/bench/many";
import { createServer } from "@lenity/server";
import { listen } from "#listen";
import type { ClientsMessage, ClientsOptions } from "./load-clients.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";

/** Runs the clients in a thread of their own, so that they share no event loop with the server. */
export function clients<Report extends LoadReport | ManyReport>(
  options: Omit<ClientsOptions, "asksLoop">,
  eventLoop?: (() => Spread) | undefined,
): Promise<Report> {
  // Compiled, the script beside this one is JavaScript.
  const script = new URL(`./load-clients${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const workerData: ClientsOptions = { ...options, asksLoop: eventLoop !== undefined };
  const worker = new Worker(script, { workerData });
  return new Promise<Report>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("The thread of the clients ended without a report.")));
    worker.on("message", (message: ClientsMessage) => {
      if (message === "loop") worker.postMessage(eventLoop?.());
      else resolve(message as Report);
    });
  }).finally(() => worker.terminate());
}

/** Milliseconds between two looks at the event loop. */
const look = 5;

/** A server of its own. */
export interface OwnServer {
  readonly url: string;
  /** How late its event loop was since it was last asked. */
  eventLoop(): Spread;
  close(): Promise<void>;
}

/** Starts a server of the models. `concurrency`: answers at a time. */
export async function ownServer(
  flags: LoadModelsOptions & { readonly concurrency?: number | undefined },
): Promise<OwnServer> {
  const models = await loadModels(flags, "messages");
  const app = createServer({ models: [models], concurrency: flags.concurrency });
  const server = await listen(app.fetch, { host: "127.0.0.1", port: 0 });
  let [last, late] = [performance.now(), [] as number[]];
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(now - last - look);
    last = now;
  }, look);
  return {
    url: server.url,
    eventLoop(): Spread {
      const delays = spread(late);
      late = [];
      return delays;
    },
    async close() {
      clearInterval(timer);
      await server.close();
      await models.close();
    },
  };
}
