/** Sends changed requests to a server, and after each a good one, whose answer must stay the same. */
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { createServer } from "../../src/index.ts";
import { randomPair, served } from "../models.ts";
import { caseOf } from "./cases.ts";
import { checkAnswer } from "./checks.ts";

/** Seconds until a request counts as one that hangs. */
const deadline = 30;

export interface FuzzOptions {
  readonly run: number;
  readonly from?: number | undefined;
  readonly count: number;
  readonly progress?: ((done: number, statuses: Readonly<Record<number, number>>) => void) | undefined;
}

/** Resolves to the number of answers with each status. Rejects with the number of the first request that failed. */
export async function fuzz({ run, from = 0, count, progress }: FuzzOptions): Promise<Record<number, number>> {
  const { target, draft } = randomPair();
  const context = { contextLength: 160 };
  const model = served({ ...target, ...context }, { ...draft, ...context });
  const app = createServer({ models: [model], maxBodyBytes: 12_000_000, onFailure: () => {} });
  const post = async (path: string, body: Uint8Array<ArrayBuffer> | string) =>
    app.request(path, { method: "POST", body, headers: { "content-type": "application/json" } });
  const good = async () => (await (await post("/v1/chat/completions", goodBody)).json()) as { choices: object[] };
  const { choices: expected } = await good();
  const statuses: Record<number, number> = {};
  const watch = watchdog(run);
  try {
    for (let number = from; number < from + count; number++) {
      watch.begin(number);
      try {
        const { seed, path, body } = caseOf(run, number);
        const response = await inTime(body === undefined ? app.request(path) : post(path, body));
        await inTime(checkAnswer(response, seed, body));
        statuses[response.status] = (statuses[response.status] ?? 0) + 1;
        const { choices } = await inTime(good());
        assert.deepEqual(choices, expected, "the next good request has another answer");
      } catch (cause) {
        throw new Error(`${report(run, number)}: ${(cause as Error).message}`, { cause });
      }
      progress?.(number + 1 - from, statuses);
    }
  } finally {
    watch.end();
  }
  return statuses;
}

const goodBody = JSON.stringify({
  messages: [{ role: "user", content: "How much is 2 + 3?" }],
  ...{ max_tokens: 8, seed: 5, temperature: 1, speculative: { policy: "judi" } },
});

/** How a failure can be repeated. */
function report(run: number, number: number): string {
  const { path, body } = caseOf(run, number);
  const text = body === undefined ? "" : new TextDecoder().decode(body.subarray(0, 1500));
  return `Request ${number} of run ${run} (bun packages/server/test/fuzz-long.ts --run ${run} --from ${number} --count 1)\n${path} ${text}\n`;
}

async function inTime<Value>(work: Response | Promise<Value> | Value): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${deadline} s`)), deadline * 1000);
  });
  return Promise.race([work as Promise<Value>, late]).finally(() => clearTimeout(timer));
}

/** Ends the process if a request blocks it for good, when no timer of its own can. */
function watchdog(run: number) {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const script = `
    const { workerData } = require("node:worker_threads");
    let [last, since] = [-1, Date.now()];
    setInterval(() => {
      const now = Atomics.load(workerData.shared, 0);
      if (now !== last) [last, since] = [now, Date.now()];
      else if (Date.now() - since > ${3 * deadline * 1000}) {
        require("node:fs").writeSync(2, "Request " + now + " of run ${run} blocks the process.\\n");
        process.kill(${process.pid}, "SIGKILL");
      }
    }, 1000);`;
  const worker = new Worker(script, { eval: true, workerData: { shared } });
  worker.unref();
  return {
    begin: (number: number) => Atomics.store(shared, 0, number),
    end: () => void worker.terminate(),
  };
}
