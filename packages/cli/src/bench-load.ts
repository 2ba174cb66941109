import { load, loadTable, type Spread, spread } from "@lenity/bench/load";
import { builtInProblems } from "@lenity/bench/problems";
import { createServer } from "@lenity/server";
import { listen } from "#listen";
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
    const report = await load({
      ...{ url: own?.url ?? (flags.url as string), streams: flags.streams, seconds: flags.seconds },
      ...{ long, short, eventLoop: own?.eventLoop },
    });
    print(loadTable(report));
    await saveJson(flags.out, report);
  } finally {
    await own?.close();
  }
}

const questions = builtInProblems(64, 7).map(({ question }) => question);
const say = (content: string | undefined, more: object) => ({ messages: [{ role: "user", content }], ...more });

/** At a high temperature, so that an answer has many rounds. The trace tells how many tokens a chunk has. */
const long = (at: number) =>
  say(questions[at % questions.length], {
    ...{ temperature: 3, max_tokens: 300, seed: at, speculative: { trace: true } },
  });
const short = (at: number) => say(`How much is ${at} + 3?`, { temperature: 0, max_tokens: 8 });

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
