/** A target in another process: `lenity serve` with the built-in pair, used over the wire. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Answer,
  complete,
  defaultRegistry,
  LenityError,
  lookupDrafter,
  type Policy,
  seeded,
  softmax,
  type Tokenizer,
} from "@lenity/core";
import { loadModel, loadTokenizer, type OnnxModel, onnxDrafter } from "@lenity/onnx";
import { type RemoteModel, remoteModel } from "@lenity/remote";
import * as tiny from "@lenity/tiny";
import { serve } from "./command.ts";

const random = seeded(2026);
/** The families take turns. */
const problems = Array.from({ length: 13 }, () =>
  tiny.families.map(({ name }) => tiny.problem(random, "held-out", name)),
)
  .flat()
  .slice(0, 100);
const registry = defaultRegistry();
let child: ChildProcess;
let url: string;
let target: RemoteModel;
let local: OnnxModel;
let draft: OnnxModel;
let tokenizer: Tokenizer;

before(async () => {
  ({ child, url } = await serve());
  tokenizer = await loadTokenizer(fileURLToPath(tiny.target));
  local = await loadModel(fileURLToPath(tiny.target), { threads: 1 });
  draft = await loadModel(fileURLToPath(tiny.draft), { threads: 1 });
  target = await remoteModel({ engine: "lenity", url, tokens: local, eos: local.eos });
});
after(async () => {
  child.kill();
  await Promise.all([local.close(), draft.close()]);
});

const promptOf = (question: string): string => `<|user|>${question}<|end|><|assistant|>`;

async function answer(question: string, policy: Policy, temperature = 0, seed = 0): Promise<Answer> {
  const drafter = onnxDrafter(draft);
  const settings = {
    tokenizer,
    drafter,
    draftTokens: 8,
    verifier: registry.create(policy),
    sampling: { temperature },
    seed,
  };
  return complete(promptOf(question), { target, ...settings, maxTokens: 160 });
}

/** Asks ten at a time, as many clients would. Results are in the order of the items. */
async function tenAtOnce<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += 10)
    results.push(...(await Promise.all(items.slice(at, at + 10).map((item) => ask(item)))));
  return results;
}

describe("a lenity server as the target", () => {
  test("says of itself what it is", () => {
    assert.deepEqual(
      [target.name, target.contextLength, target.vocabulary],
      ["tiny", local.contextLength, local.vocabulary],
    );
    assert.deepEqual(
      [target.reach?.rows, target.reach?.gives("top 20 within 1"), target.reach?.gives("top 21 within 1")],
      [false, true, false],
    );
  });

  const timeout = 600_000;
  const hundred =
    "strict greedy answers over the wire are those of local plain decoding, token for token, on 100 problems";
  test(hundred, { timeout }, async (t) => {
    let [passes, tokens] = [0, 0];
    const locally = { target: local, tokenizer, maxTokens: 160, blockExact: true };
    const both = await tenAtOnce(problems, async ({ question }) => {
      const [plain, far] = [complete(promptOf(question), locally), answer(question, "strict")];
      return { question, plain: await plain, far: await far };
    });
    for (const { question, plain, far } of both) {
      assert.deepEqual(
        far.tokens.map(({ token }) => token),
        plain.tokens.map(({ token }) => token),
        question,
      );
      assert.equal(far.reason, plain.reason);
      passes += far.counters.rounds;
      tokens += far.counters.emitted;
    }
    assert.equal(problems.length, 100);
    assert.ok(tokens / passes > 3, `${tokens / passes} tokens per call`);
    t.diagnostic(`${(tokens / passes).toFixed(2)} tokens per call, ${target.wire.roundTrip.toFixed(1)} ms a call`);
  });

  test("a lenient rule relaxes over the wire, and never where the rows would not", async () => {
    const policy = { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] };
    const answers = await tenAtOnce(problems.slice(0, 16), async ({ question }) => {
      // Drafts from the first token on, as it does over the wire.
      const { prepare, ...drafter } = onnxDrafter(draft);
      const settings = { tokenizer, drafter, draftTokens: 8, verifier: registry.create(policy), maxTokens: 160 };
      return Promise.all([answer(question, policy), complete(promptOf(question), { target: local, ...settings })]);
    });
    const relaxed = (place: 0 | 1) => answers.reduce((sum, both) => sum + both[place].counters.relaxed, 0);
    const [far, near] = [relaxed(0), relaxed(1)];
    assert.ok(far > 0 && far <= near + 2, `${far} relaxed over the wire, ${near} with rows`);
  });

  test("first tokens that sd draws at temperature 1 follow the target's row: chi-square of 500", async () => {
    const question = promptOf("Write a word.");
    const prompt = tokenizer.encode(question);
    const session = await local.open();
    const row = softmax((await session.append(prompt, { rows: 1 })).logits);
    await session.close();
    const counts = new Map<number, number>();
    const answers = await tenAtOnce(
      Array.from({ length: 500 }, (_, seed) => seed),
      (seed) => {
        const drafter = onnxDrafter(draft);
        const settings = { target, tokenizer, drafter, sampling: { temperature: 1 }, draftTokens: 1, seed };
        return complete(question, { ...settings, maxTokens: 2 });
      },
    );
    for (const { tokens } of answers) {
      const first = tokens[0]?.token ?? assert.fail();
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    let [square, cells, rest, seen] = [0, 0, 1, 0];
    for (const [token, p] of row.entries()) {
      if (p * 500 < 5) continue;
      square += ((counts.get(token) ?? 0) - 500 * p) ** 2 / (500 * p);
      [cells, rest, seen] = [cells + 1, rest - p, seen + (counts.get(token) ?? 0)];
    }
    if (rest * 500 >= 1) square += (500 - seen - 500 * rest) ** 2 / (500 * rest);
    // Far above the 99.99 % quantile of chi-square with this many degrees of freedom.
    assert.ok(square < cells + 5 * Math.sqrt(2 * cells) + 15, `chi-square ${square} over ${cells} cells`);
  });

  test("the same seed gives the same answer, also at temperature 1", async () => {
    const [first, again, other] = [1, 1, 2].map((seed) => answer(problems[3]?.question ?? "", "strict", 1, seed));
    assert.equal((await first)?.text, (await again)?.text);
    assert.notEqual((await first)?.text, (await other)?.text);
  });

  test("prompt lookup drafts for it", async () => {
    const question = problems[0]?.question ?? "";
    const plain = await complete(promptOf(question), {
      ...{ target: local, tokenizer, maxTokens: 160, blockExact: true },
    });
    const drafted = await complete(promptOf(question), {
      ...{ target, tokenizer, drafter: lookupDrafter(), draftTokens: 8, maxTokens: 160 },
    });
    assert.equal(drafted.text, plain.text);
    assert.ok(drafted.counters.accepted > 0);
  });
});

test("a server that dies in mid-answer is one clear error", async () => {
  const dying = await serve();
  const model = await remoteModel({ engine: "lenity", url: dying.url, tokens: local, eos: local.eos, retries: 1 });
  const drafter = onnxDrafter(draft);
  const options = { target: model, tokenizer, drafter, draftTokens: 8, maxTokens: 160 };
  const { generate } = await import("@lenity/core");
  let error: unknown;
  try {
    for await (const event of generate(promptOf(problems[0]?.question ?? ""), options)) {
      if (event.type === "delta") {
        dying.child.kill("SIGKILL");
        await dying.ended;
      }
    }
  } catch (cause) {
    error = cause;
  }
  assert.ok(error instanceof LenityError, `${error}`);
  assert.deepEqual([error.code, error.kind], ["engine_failed", "engine_unreachable"]);
});
