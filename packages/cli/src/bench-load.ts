import { Worker } from "node:worker_threads";
import { type LoadReport, loadTable, type Spread, spread } from "@lenity/bench/load";
import { createServer } from "@lenity/server";
import { listen } from "#listen";
import type { ClientsMessage, ClientsOptions } from "./load-clients.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, print, saveJson } from "./output.ts";

export interface LoadFlags extends LoadModelsOptions {
  readonly url?: string | undefined;
  readonly streams?: readonly number[] | undefined;
  /** Of its own server; 1 finishes one answer after another. */
  readonly concurrency?: number | undefined;
  readonly seconds: number;
  readonly out: string;
}

/** `lenity bench load`: a server of its own on loopback, or the one at `--url`. */
export async function benchLoad(flags: LoadFlags): Promise<void> {
  await checkSave(flags.out);
  const own = flags.url === undefined ? await ownServer(flags) : undefined;
  try {
    const url = own?.url ?? (flags.url as string);
    const report = await clients({ url, streams: flags.streams, seconds: flags.seconds }, own?.eventLoop);
    print(loadTable(report));
    await saveJson(flags.out, report);
  } finally {
    await own?.close();
  }
}

/** Runs the clients in a thread of their own, so that they share no event loop with the server. */
function clients(
  options: Omit<ClientsOptions, "asksLoop">,
  eventLoop: (() => Spread) | undefined,
): Promise<LoadReport> {
  // Compiled, the script beside this one is JavaScript.
  const script = new URL(`./load-clients${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const workerData: ClientsOptions = { ...options, asksLoop: eventLoop !== undefined };
  const worker = new Worker(script, { workerData });
  return new Promise<LoadReport>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("The thread of the clients ended without a report.")));
    worker.on("message", (message: ClientsMessage) => {
      if (message === "loop") worker.postMessage(eventLoop?.());
      else resolve(message);
    });
  }).finally(() => worker.terminate());
}

/** Milliseconds between two looks at the event loop. */
const look = 5;

async function ownServer(flags: LoadFlags) {
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
