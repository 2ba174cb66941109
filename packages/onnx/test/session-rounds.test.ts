/** The rounds of a pair that its worker makes are those of the main thread, event for event. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  bannedTokens,
  type DecodeEvent,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  type Policy,
  sd,
  topLogprobs,
} from "@lenity/core";
import { exportDrafter, loadModel, loadPair, onnxDrafter, type Pair } from "../src/index.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";
import { deadly, mortalWorker } from "./mortal-worker.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: { readonly target: string; readonly draft: string };
let log: string;
let pair: Pair;
/** Lines of a worker script: add the type of each message, and "reply" for each reply, to the file `log`. */
let watching: string;
before(async () => {
  folder = await temporaryFolder();
  log = join(folder.path, "messages");
  watching = `import fs from "node:fs";
    const add = (what) => fs.appendFileSync(${JSON.stringify(log)}, what + "\\n");
    parentPort.on("message", ({ request }) => add(request?.type));
    const post = parentPort.postMessage.bind(parentPort);
    parentPort.postMessage = (...message) => (add("reply"), post(...message));`;
  const shape = { ...small, vocabulary: 300 };
  const write = async (name: string, layers: number) => {
    const dir = await writeModel(folder.path, name, { ...shape, layers });
    await writeTokenizer(dir);
    await writeFile(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: [0, 7, 17] }));
    return dir;
  };
  home = { target: await write("target", 2), draft: await write("draft", 1) };
  await exportDrafter(home.draft);
  pair = await loadPair(home.target, home.draft, { worker: await mortalWorker(folder.path, "", watching) });
});
after(async () => {
  await pair.close();
  await folder.remove();
});

/** The messages since the last call, by type, and the replies. */
function logged(): string[] {
  const lines = readFileSync(log, "utf8").trim().split("\n");
  writeFileSync(log, "");
  return lines;
}

/** The messages that ran tokens since the last call, by type. */
const sent = () => logged().filter((type) => ["append", "draft", "score", "rounds"].includes(type));

const weight = Array.from({ length: small.width }, (_, i) => (i % 2 === 0 ? 0.5 : -0.4));
const head = { weight, bias: 0 };
const autojudge = { ...head, mean: weight.map(() => 0), scale: weight.map(() => 1) };
const registry = defaultRegistry({ judge: { hidden: "pre-norm", ...head }, autojudge });

async function eventsOf(prompt: readonly number[], options: DecodeOptions): Promise<DecodeEvent[]> {
  const events: DecodeEvent[] = [];
  for await (const event of decode(prompt, { maxTokens: 30, draftTokens: 5, ...options })) events.push(event);
  return events;
}
const tokensIn = (events: readonly DecodeEvent[]) =>
  events.flatMap((event) => (event.type === "round" ? event.tokens.map(({ token }) => token) : []));

/** The events, without how much of the prompt was cached. */
function told(events: readonly DecodeEvent[]): unknown[] {
  return events.map((event) =>
    event.type === "finish" ? { ...event, counters: { ...event.counters, cached: 0 } } : event,
  );
}

/** Answers in the worker's rounds, and by messages: a copy of the drafter offers no rounds. */
async function bothWays(prompt: readonly number[], options: Omit<DecodeOptions, "target" | "drafter">, of = pair) {
  const ask = (drafter: Drafter) => eventsOf(prompt, { ...options, target: of.target, drafter });
  sent();
  const near = await ask(of.drafter());
  const messages = sent();
  return { near, messages, far: await ask({ ...of.drafter() }) };
}

const policies: readonly Policy[] = [
  ...registry.presets.map(({ name }) => name),
  { type: "coupled" },
  { type: "divergence", measure: "tv", threshold: 0.3 },
  { type: "unguarded", of: { type: "topk", k: 3, delta: 1 } },
  { type: "when", condition: { min_position: 4 }, then: "judi", else: { type: "sd" } },
  { type: "shadow", of: { type: "sd" }, candidates: [{ type: "kl", threshold: 0.5 }] },
];
const settings: readonly Partial<DecodeOptions>[] = [
  {},
  { sampling: { temperature: 1 }, seed: 4 },
  { sampling: { temperature: 0.8, topP: 0.9 }, seed: 5, draftTokens: 21 },
  { sampling: { temperature: 1 }, seed: 2 ** 40, draftTokens: "auto", maxTokens: 17 },
];

for (const policy of policies)
  test(`rounds of ${JSON.stringify(policy)} are the same in the worker, and several are one message`, async () => {
    let [rounds, spoken] = [0, 0];
    for (const [n, how] of settings.entries()) {
      const greedy = (how.sampling?.temperature ?? 0) === 0;
      if ((policy === "bounded" && greedy) || (policy === "autojudge" && !greedy)) continue;
      // Times decide about the lengths of drafts under coupled, and so about the counters.
      if (how.draftTokens === "auto" && typeof policy === "object" && policy.type === "coupled") continue;
      const { near, far, messages } = await bothWays(tokensOf(30 + n, 3 + n), {
        verifier: registry.create(policy),
        ...how,
      });
      assert.deepEqual(told(near), told(far), JSON.stringify(how));
      assert.deepEqual([...new Set(messages)], ["rounds"]);
      rounds += near.length - 1;
      // The last one is for rounds after the end.
      spoken += messages.length - 1;
    }
    assert.ok(rounds > spoken, `${rounds} rounds in ${spoken} messages`);
  });

describe("a pair whose worker makes the rounds", () => {
  test("ends where the caller stops it, in the middle of a draft too", async () => {
    const ignored: number[] = [];
    for (let count = 1; count < 16; count++) {
      const stopping = () => {
        let left = count;
        return () => --left === 0;
      };
      const prompt = tokensOf(40, 5);
      const ask = (drafter: Drafter) => eventsOf(prompt, { target: pair.target, drafter, stop: stopping(), verifier });
      const verifier = registry.create({ type: "topk", k: 40, delta: 1 });
      const near = await ask(pair.drafter());
      assert.deepEqual(told(near), told(await ask({ ...pair.drafter() })));
      const last = near.at(-1);
      assert.ok(last?.type === "finish");
      if (last.reason === "stop") ignored.push(last.counters.ignored);
    }
    assert.ok(ignored.some((count) => count > 0));
  });

  test("ends at the end tokens of the caller's copy of the target, and at no others", async () => {
    const lengths: number[] = [];
    for (const [n, eos] of [[], [0, 7, 17], Array.from({ length: 60 }, (_, token) => token)].entries()) {
      const target = { ...pair.target, eos };
      const how = { target, verifier: registry.create({ type: "topk", k: 40, delta: 1 }), maxTokens: 60 };
      const near = await eventsOf(tokensOf(40, 5), { ...how, drafter: pair.drafter() });
      assert.deepEqual(told(near), told(await eventsOf(tokensOf(40, 5), { ...how, drafter: { ...pair.drafter() } })));
      const said = tokensIn(near);
      assert.deepEqual(
        said.slice(0, -1).filter((token) => eos.includes(token)),
        [],
        `case ${n}`,
      );
      lengths.push(said.length);
    }
    assert.equal(lengths[0], 60);
    assert.ok((lengths[2] as number) < 60);
  });

  test("says under strict what the target says alone, also after a long prompt and beside other answers", async () => {
    const plain = await loadModel(home.target, { threads: 1, cacheBytes: 0 });
    const prompts = [150, 20, 300, 33].map((length, n) => tokensOf(length, n));
    const expected = [];
    for (const prompt of prompts) expected.push(tokensIn(await eventsOf(prompt, { target: plain })));
    await plain.close();
    const ask = (prompt: readonly number[]) => eventsOf(prompt, { target: pair.target, drafter: pair.drafter() });
    for (let time = 0; time < 2; time++)
      assert.deepEqual((await Promise.all(prompts.map(ask))).map(tokensIn), expected, `time ${time}`);
  });

  test("has the next request with the worker while a reply is on its way", async () => {
    logged();
    const ask = () => eventsOf(tokensOf(30, 3), { target: pair.target, drafter: pair.drafter(), maxTokens: 80 });
    const alone = await ask();
    const lines = logged().filter((line) => line === "rounds" || line === "reply");
    const ahead = lines.filter((line, at) => line === "rounds" && lines[at - 1] === "rounds").length;
    assert.ok(ahead > 0, lines.join());
    const [one, other] = await Promise.all([ask(), ask()]);
    assert.deepEqual([tokensIn(one), tokensIn(other)], [tokensIn(alone), tokensIn(alone)]);
  });

  test("asks by messages for what only this thread can do", async () => {
    const { target } = pair;
    const verifier = registry.create("judi");
    const own: readonly (Partial<DecodeOptions> & { readonly of?: Drafter })[] = [
      { trace: true },
      { logprobs: topLogprobs(2) },
      { processors: [bannedTokens([5])] },
      { clock: () => 0, draftTokens: "auto" },
      { verifier: sd() },
      { verifier: { ...verifier } },
      { verifier: defaultRegistry({ plugins: [] }).create("strict") },
      { of: { ...pair.drafter() } },
      { of: onnxDrafter(pair.draft, { beside: true }) },
    ];
    for (const { of = pair.drafter(), ...options } of own) {
      sent();
      await eventsOf(tokensOf(20, 3), { target, verifier, drafter: of, ...options });
      const messages = sent();
      assert.ok(messages.length > 2 && !messages.includes("rounds"), messages.join());
    }
  });

  test("that is cancelled stops, and goes on rightly", async () => {
    const prompt = tokensOf(100, 6);
    const ask = (signal?: AbortSignal, stop?: () => boolean) =>
      eventsOf(prompt, { target: pair.target, drafter: pair.drafter(), maxTokens: 150, signal, stop });
    const expected = tokensIn(await ask());
    for (const at of [1, 2, 9]) {
      const controller = new AbortController();
      let count = 0;
      const stop = () => {
        if (++count === at) controller.abort();
        return false;
      };
      await assert.rejects(ask(controller.signal, stop), { code: "aborted" });
      assert.deepEqual(tokensIn(await ask()), expected);
    }
  });
});

test("an error in the worker's rounds ends the answer after those before it, and no other", async () => {
  const require = JSON.stringify(import.meta.resolve("onnxruntime-node"));
  const failing = await mortalWorker(
    folder.path,
    "left = 4;",
    `${watching}
     import * as module from ${require};
     let left;
     const { prototype } = (module.default ?? module).InferenceSession;
     const { run } = prototype;
     prototype.run = async function (...args) {
       // The drafter's runs draw.
       if (left === undefined || "uniform" in args[0] || --left > 0) return run.apply(this, args);
       left = undefined;
       throw new Error("the target is out of luck");
     };`,
  );
  const other = await loadPair(home.target, home.draft, { worker: failing });
  try {
    const prompt = [...tokensOf(10, 2), deadly, ...tokensOf(10, 3)];
    const expected = tokensIn(await eventsOf(prompt, { target: pair.target, drafter: pair.drafter() }));
    const said: number[] = [];
    const ask = async () => {
      for await (const event of decode(prompt, { target: other.target, drafter: other.drafter(), draftTokens: 5 }))
        if (event.type === "round") said.push(...event.tokens.map(({ token }) => token));
    };
    await assert.rejects(ask(), /the target is out of luck/);
    assert.deepEqual(said, expected.slice(0, said.length));
    assert.ok(said.length > 0);
    assert.deepEqual(
      tokensIn(await eventsOf(tokensOf(30, 3), { target: other.target, drafter: other.drafter() })),
      tokensIn(await eventsOf(tokensOf(30, 3), { target: pair.target, drafter: pair.drafter() })),
    );
  } finally {
    await other.close();
  }
});
