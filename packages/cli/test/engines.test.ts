import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadModel } from "@lenity/onnx";
import { createServer, type Usage } from "@lenity/server";
import { loadModels } from "../src/load-models.ts";
import { serve } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-engines-"));
after(() => rm(folder, { recursive: true }));

const questions = [
  "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?",
  "A bus carries 31 people. At the first stop, 12 get off and 7 get on. At the second stop, 4 get off. How many people are on the bus now?",
];

interface Answer {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly usage: Usage;
  readonly error?: { readonly code: string; readonly type: string; readonly message: string };
}

interface Health {
  readonly models: readonly { readonly engines: readonly object[]; readonly draft_engines: readonly object[] }[];
  readonly queue: { readonly active: number };
}

const asking = (content: string) => ({
  method: "POST",
  body: JSON.stringify({ messages: [{ role: "user", content }], temperature: 0 }),
  headers: { "content-type": "application/json" },
});
const textOf = (answer: Answer) => answer.choices[0]?.message.content ?? "";

test("lenity serve --engines 2 answers two at a time, and tells of its engines", async () => {
  const { child, url, ended } = await serve("--engines", "2");
  try {
    const ask = async (question: string) =>
      (await (await fetch(`${url}/v1/chat/completions`, asking(question))).json()) as Answer;
    const health = async () => (await (await fetch(`${url}/health`)).json()) as Health;
    const [first, second] = await Promise.all(questions.map(ask));
    assert.match(textOf(first as Answer), /#### 7$/);
    assert.match(textOf(second as Answer), /#### 22$/);
    const again = await ask(questions[0] as string);
    assert.equal(textOf(again), textOf(first as Answer));
    assert.equal(again.usage.prompt_tokens_details.cached_tokens, again.usage.prompt_tokens - 1);
    const { models } = await health();
    assert.deepEqual([models[0]?.engines.length, models[0]?.draft_engines.length], [2, 2]);
    // Answers are short: so that a look falls into two of them, there are some rounds. A queue that lets in one at a
    // time never shows two.
    let most = 0;
    for (let round = 0; most < 2 && round < 50; round++) {
      let going = true;
      const answers = Promise.all(questions.map(ask)).finally(() => {
        going = false;
      });
      while (going) most = Math.max(most, (await health()).queue.active);
      await answers;
    }
    assert.equal(most, 2);
  } finally {
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
  }
});

describe("a server whose engine dies", () => {
  test("answers its request with 503, others as ever, and the next one", async () => {
    const models = await loadModels({}, "messages");
    // The id of the word that kills: no other question has it.
    const [deadly] = models.tokenizer.encode(" trains").slice(-1);
    const script = join(folder, "mortal.mjs");
    const worker = fileURLToPath(import.meta.resolve("@lenity/onnx").replace("index.ts", "worker.ts"));
    await writeFile(
      script,
      `import ${JSON.stringify(worker)};
       import { parentPort } from "node:worker_threads";
       parentPort.on("message", ({ request }) => { if (request.tokens?.includes(${deadly})) process.exit(3); });`,
    );
    const target = await loadModel(models.target.folder, { engines: 2, worker: pathToFileURL(script), name: "tiny" });
    const failures: unknown[] = [];
    const app = createServer({ models: [{ ...models, target }], onFailure: (error) => failures.push(error) });
    const ask = (question: string, more: object = {}) => {
      const { body, ...init } = asking(question);
      return app.request("/v1/chat/completions", { ...init, body: JSON.stringify({ ...JSON.parse(body), ...more }) });
    };
    const deadlyQuestion = "How many trains are there?";
    for (const stream of [false, true]) {
      const [lost, other] = await Promise.all([ask(deadlyQuestion, { stream }), ask(questions[1] as string)]);
      assert.equal(lost.status, 503);
      assert.equal(lost.headers.get("retry-after"), "1");
      const { error } = (await lost.json()) as Answer;
      assert.deepEqual([error?.code, error?.type], ["worker_lost", "server_error"]);
      assert.match(error?.message ?? "", /^The model's engine failed before the answer was complete\./);
      assert.match(textOf((await other.json()) as Answer), /#### 22$/);
      // Until then all requests go to the other engine, the next deadly one included.
      while (target.engines.some(({ state }) => state === "restarting"))
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(failures.length, 2);
    for (const failure of failures) {
      assert.match(
        String(failure),
        /The thread of tiny \(engine \d of 2\) ended with code \d+\. It is being restarted/,
      );
    }
    const next = await Promise.all(
      questions.map(async (question) => textOf((await (await ask(question)).json()) as Answer)),
    );
    assert.match(next[0] ?? "", /#### 7$/);
    assert.match(next[1] ?? "", /#### 22$/);
    await Promise.all([target.close(), models.close()]);
  });
});
