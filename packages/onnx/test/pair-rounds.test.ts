/** A draft and its block are one message in a pair, and change no answer by that. Whole rounds: session-rounds.test.ts. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type DecodeEvent, type DecodeOptions, type Drafter, decode, defaultRegistry, seeded } from "@lenity/core";
import { exportDrafter, loadModel, loadPair, type OnnxModel, onnxDrafter, type Pair } from "../src/index.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";
import { deadly, mortalWorker } from "./mortal-worker.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: { readonly target: string; readonly draft: string; readonly stepped: string };
/** A file to which the threads of `worker` add the type of each message, and what adds it. */
let log: string;
let logging: string;
let worker: URL;
before(async () => {
  folder = await temporaryFolder();
  log = join(folder.path, "messages");
  logging = `import fs from "node:fs";
    parentPort.on("message", ({ request }) => fs.appendFileSync(${JSON.stringify(log)}, request?.type + "\\n"));`;
  worker = await mortalWorker(folder.path, "", logging);
  const shape = { ...small, vocabulary: 300 };
  const write = async (name: string, layers: number) => {
    const dir = await writeModel(folder.path, name, { ...shape, layers });
    await writeTokenizer(dir);
    await writeFile(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: [0, 7, 17] }));
    return dir;
  };
  home = {
    target: await write("target", 2),
    draft: await write("draft", 1),
    stepped: await write("stepped", 1),
  };
  await exportDrafter(home.draft);
});
after(() => folder.remove());

/** The messages since the last call, by type, besides those that free or measure caches. */
function sent(): string[] {
  const types = readFileSync(log, "utf8").trim().split("\n");
  writeFileSync(log, "");
  return types.filter((type) => ["append", "draft", "score"].includes(type));
}

const weight = Array.from({ length: small.width }, (_, i) => (i % 2 === 0 ? 0.5 : -0.4));
const registry = defaultRegistry({ judge: { hidden: "pre-norm", weight, bias: 0 } });

/** The same drafter without a word on the target, so that its block is a message of its own. */
const apart = (drafter: Drafter): Drafter => ({
  ...drafter,
  propose: (request) => drafter.propose({ ...request, scoring: undefined }),
});

/** A copy of the drafter, which offers no rounds of the worker. */
const copied = (drafter: Drafter): Drafter => ({ ...drafter });

async function eventsOf(prompt: readonly number[], options: DecodeOptions): Promise<DecodeEvent[]> {
  const events: DecodeEvent[] = [];
  for await (const event of decode(prompt, { maxTokens: 24, draftTokens: 6, ...options })) events.push(event);
  return events;
}
const tokensIn = (events: readonly DecodeEvent[]) =>
  events.flatMap((event) => (event.type === "round" ? event.tokens.map(({ token }) => token) : []));
const rounds = (events: readonly DecodeEvent[]) => events.filter(({ type }) => type === "round").length;

/** All rules that can be had from JSON without another model, and what they need. */
const rules = [
  "strict",
  "judi",
  "judge",
  "block",
  { type: "coupled" },
  { type: "divergence", measure: "tv", threshold: 0.3 },
];
const settings: readonly (Partial<DecodeOptions> & { readonly draftTokens?: number })[] = [
  {},
  { sampling: { temperature: 0.8 }, seed: 4 },
  { sampling: { temperature: 1, topP: 0.9 }, seed: 5, trace: true },
  { draftTokens: 21 },
  { draftTokens: 1, sampling: { temperature: 1 }, maxTokens: 9 },
];

for (const [form, options] of [
  ["with a drafter file", {}],
  ["stepped", {}],
  ["with numbers in place of rows", { numbers: true }],
] as const) {
  test(`a round of a pair, ${form}, is one message and equals a draft and a block, event for event`, async () => {
    const draft = form === "stepped" ? home.stepped : home.draft;
    const pair = await loadPair(home.target, draft, { ...options, worker });
    assert.equal(pair.draft.graph.drafter === undefined, form === "stepped");
    try {
      let accepted = 0;
      for (const policy of rules)
        for (const [n, how] of settings.entries()) {
          const prompt = tokensOf(30 + n, 3 + (n % 2));
          const asked = { target: pair.target, verifier: registry.create(policy), ...how };
          const two = await eventsOf(prompt, { ...asked, drafter: apart(pair.drafter()) });
          sent();
          const one = await eventsOf(prompt, { ...asked, drafter: copied(pair.drafter()) });
          assert.deepEqual(one.slice(0, -1), two.slice(0, -1), `${JSON.stringify(policy)} ${JSON.stringify(how)}`);
          const [last, expected] = [one.at(-1), two.at(-1)];
          assert.ok(last?.type === "finish" && expected?.type === "finish");
          const { cached: _, ...counts } = last.counters;
          const { cached: __, ...others } = expected.counters;
          assert.deepEqual(counts, others);
          accepted += counts.accepted;
          // A round without a draft is a block alone, the first one above all; a long draft comes in parts.
          const messages = sent();
          const drafts = messages.filter((type) => type === "draft").length;
          const empty = counts.rounds - drafts;
          const blocks = messages.length - drafts;
          if ((how.draftTokens ?? 6) <= 16) assert.equal(blocks, empty, messages.join());
          else assert.ok(blocks <= rounds(one), messages.join());
        }
      assert.ok(accepted > 50, `${accepted} drafted tokens were accepted`);
    } finally {
      await pair.close();
    }
  });
}

describe("a pair", () => {
  let pair: Pair;
  let plain: OnnxModel;
  before(async () => {
    pair = await loadPair(home.target, home.draft, { worker });
    plain = await loadModel(home.target, { threads: 1, cacheBytes: 0 });
  });
  after(async () => {
    await pair.close();
    await plain.close();
  });
  const plainly = async (prompt: readonly number[]) => tokensIn(await eventsOf(prompt, { target: plain }));

  test("says under strict what its target says alone", async () => {
    for (const draftTokens of [1, 4, 16, 25]) {
      const prompt = tokensOf(40, draftTokens);
      const events = await eventsOf(prompt, { target: pair.target, drafter: pair.drafter(), draftTokens });
      assert.deepEqual(tokensIn(events), await plainly(prompt));
    }
  });

  test("answers from the run with the draft only what was run, and is as if there were none", async () => {
    const random = seeded(3);
    const [target, drafting, fresh] = [await pair.target.open(), await pair.draft.open(), await plain.open()];
    let context = tokensOf(20, 8);
    await target.append(context.slice(0, -1), { rows: 0 });
    let answered = 0;
    for (let round = 0; round < 60; round++) {
      const limit = 1 + Math.floor(random() * 8);
      const hidden = random() < 0.3 ? "pre-norm" : undefined;
      const scoring = { session: target, hidden, temperature: 1 } as const;
      const uniform = Array.from({ length: limit }, random);
      const sampling = { temperature: 1, topK: 0, topP: 1, minP: 0 };
      const { tokens: drafted } = await drafting.draft({ context, limit, sampling, uniform, scoring });
      const block = [context.at(-1) as number, ...drafted];
      const chance = random();
      if (chance < 0.2) block.splice(1 + Math.floor(random() * drafted.length));
      else if (chance < 0.4) block[Math.floor(random() * block.length)] = 9;
      else if (chance < 0.5) block.push(11, 12);
      else if (chance < 0.6) {
        target.rewind(5);
        block.unshift(...context.slice(5, -1));
      } else if (chance < 0.7) target.rewind(target.length - 2);
      const rows = 1 + Math.floor(random() * block.length);
      const asked = random() < 0.2 ? ("post-norm" as const) : hidden;
      const before = target.length;
      sent();
      const scores = await target.append(block, { rows, hidden: asked });
      if (sent().length === 0) answered++;
      fresh.rewind(0);
      const expected = await fresh.append([...context.slice(0, before), ...block], { rows, hidden: asked });
      assert.deepEqual([scores.logits, scores.hidden, scores.rows], [expected.logits, expected.hidden, rows]);
      assert.equal(target.length, before + block.length);
      context = [...context.slice(0, before), ...block, 1 + Math.floor(random() * 40)].slice(0, 200);
      target.rewind(context.length - 1);
    }
    assert.ok(answered > 15 && answered < 50, `${answered} of 60 blocks were answered at once`);
    for (const session of [target, drafting, fresh]) await session.close();
  });

  test("that is cancelled in a round stops there, and goes on rightly", async () => {
    const prompt = tokensOf(100, 6);
    for (const at of [1, 2, 3]) {
      const controller = new AbortController();
      const drafter = pair.drafter();
      let calls = 0;
      const ending: Drafter = {
        ...drafter,
        propose(request) {
          const proposed = drafter.propose(request);
          if (++calls === at) setTimeout(() => controller.abort(), 0);
          return proposed;
        },
      };
      const target = pair.target;
      await assert.rejects(eventsOf(prompt, { target, drafter: ending, maxTokens: 200, signal: controller.signal }), {
        code: "aborted",
      });
      const events = await eventsOf(prompt, { target, drafter: pair.drafter() });
      assert.deepEqual(tokensIn(events), await plainly(prompt));
    }
  });

  test("gives many answers at once, in turns, what each gets alone", async () => {
    const verifier = registry.create("judi");
    const ask = (n: number, model: Pair) =>
      eventsOf([...tokensOf(30, 1), ...tokensOf(5 + n, n)], {
        target: model.target,
        drafter: copied(model.drafter()),
        verifier,
      });
    const all = Array.from({ length: 12 }, (_, n) => n);
    const alone: number[][] = [];
    for (const n of all) alone.push(tokensIn(await ask(n, pair)));
    assert.deepEqual((await Promise.all(all.map((n) => ask(n, pair)))).map(tokensIn), alone);
    const two = await loadPair(home.target, home.draft, { engines: 2, worker });
    sent();
    const together = await Promise.all(all.map((n) => ask(n, two)));
    assert.deepEqual(together.map(tokensIn), alone);
    assert.ok(two.target.engines.every(({ keptBytes }) => keptBytes > 0));
    // Each draft is on the engine of its target: there are prompts, and no blocks but those of rounds without a draft.
    const messages = sent();
    const drafts = messages.filter((type) => type === "draft").length;
    const blocks = together.map(rounds).reduce((sum, count) => sum + count, 0) - drafts;
    assert.ok(messages.length - drafts <= all.length + blocks, `${messages.length} messages, ${drafts} of them drafts`);
    await two.close();
  });

  test("has one thread for both models: closing one ends the other", async () => {
    const other = await loadPair(home.target, home.draft);
    await other.draft.close();
    const lost = { code: "worker_lost", message: /^target and draft was closed\.$/ };
    await assert.rejects(other.target.open(), lost);
    await assert.rejects(other.draft.open(), lost);
    assert.deepEqual(
      [...other.target.engines, ...other.draft.engines].map(({ state }) => state),
      ["closed", "closed"],
    );
    await other.close();
  });

  test("drafts for another target, and has its block run by another drafter's", async () => {
    const prompt = tokensOf(40, 9);
    const other = await loadModel(home.stepped, { threads: 1, draftsFor: pair.target });
    const expected = await plainly(prompt);
    assert.deepEqual(tokensIn(await eventsOf(prompt, { target: plain, drafter: pair.drafter() })), expected);
    const drafter = onnxDrafter(other);
    assert.deepEqual(tokensIn(await eventsOf(prompt, { target: pair.target, drafter })), expected);
    await other.close();
  });
});

describe("a pair whose target fails", () => {
  /** Fails so many of the target's runs from the first draft on after a message with the deadly token. */
  const failing = (runs: number) => {
    const require = JSON.stringify(import.meta.resolve("onnxruntime-node"));
    return mortalWorker(
      folder.path,
      "armed = true;",
      `${logging}
       import * as module from ${require};
       let [armed, left] = [false, undefined];
       parentPort.on("message", ({ request }) => {
         if (armed && request?.type === "draft") left ??= ${runs};
       });
       const { prototype } = (module.default ?? module).InferenceSession;
       const { run } = prototype;
       prototype.run = async function (...args) {
         // The drafter's runs draw.
         if (!(left > 0) || "uniform" in args[0]) return run.apply(this, args);
         left--;
         throw new Error("the target is out of luck");
       };`,
    );
  };
  const ask = async (pair: Pair, middle: number) => {
    const prompt = [...tokensOf(10, 2), middle, ...tokensOf(10, 3)];
    const asked = { target: pair.target, drafter: copied(pair.drafter()), stop: () => false, maxTokens: 4 };
    return tokensIn(await eventsOf(prompt, asked));
  };

  test("once, after the draft was there, answers as if nothing had been", async () => {
    const [pair, sound] = [
      await loadPair(home.target, home.draft, { worker: await failing(1) }),
      await loadPair(home.target, home.draft),
    ];
    sent();
    const said = await ask(pair, deadly);
    assert.equal(
      sent().filter((type) => type === "append").length,
      2,
      "the prompt, and the block that failed at first",
    );
    assert.deepEqual(said, await ask(sound, deadly));
    await Promise.all([pair.close(), sound.close()]);
  });

  test("again when it is asked for the block, rejects with its error, and answers the next request", async () => {
    const pair = await loadPair(home.target, home.draft, { worker: await failing(2) });
    await assert.rejects(ask(pair, deadly), /the target is out of luck/);
    const said = await ask(pair, 5);
    const sound = await loadPair(home.target, home.draft);
    assert.deepEqual(said, await ask(sound, 5));
    await Promise.all([pair.close(), sound.close()]);
  });
});

test("a pair whose thread dies in a round loses that answer, and both models are started again together", async () => {
  const pair = await loadPair(home.target, home.draft, { worker: await mortalWorker(folder.path) });
  const ask = async (prompt: readonly number[]) =>
    tokensIn(await eventsOf(prompt, { target: pair.target, drafter: pair.drafter() }));
  const expected = await ask(tokensOf(40, 4));
  await assert.rejects(ask([...tokensOf(20, 2), deadly]), {
    code: "worker_lost",
    message: /^The thread of target and draft ended with code \d+\. It is being restarted/,
  });
  assert.deepEqual(await ask(tokensOf(40, 4)), expected);
  const states = [...pair.target.engines, ...pair.draft.engines].map(({ state, restarts }) => [state, restarts]);
  assert.deepEqual(states, [
    ["ready", 1],
    ["ready", 1],
  ]);
  await pair.close();
});
