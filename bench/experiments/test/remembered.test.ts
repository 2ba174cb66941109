import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type AppendOptions,
  complete,
  defaultRegistry,
  type LanguageModel,
  modelDrafter,
  type Policy,
  type Token,
  type Tokenizer,
} from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import { rememberedDrafts } from "../harness/remembered-drafter.ts";
import { rememberedModel } from "../harness/remembered-model.ts";

const options = { vocabulary: 12, seed: 3, contextLength: 200 };
/** With tokens that end an answer, and without. */
const pairs = () =>
  [[], [0, 5]].map((eos) => ({
    target: randomModel({ ...options, eos }),
    draft: noisyModel({ ...options, eos, noise: 1 }),
  }));
const prompt = [1, 2, 3];
const tokenizer: Tokenizer = {
  vocabulary: 12,
  special: new Set([0]),
  encode: () => [],
  decode: (tokens) => tokens.map((token) => String.fromCharCode(97 + token)).join(""),
};
const registry = defaultRegistry();
const policies: readonly Policy[] = [
  { type: "sd" },
  "judi",
  { type: "kl", threshold: 1 },
  { type: "topk", k: 3, delta: 0.6 },
  { type: "block" },
];

/** A model that counts the positions it scores. */
function counting(model: LanguageModel): { readonly model: LanguageModel; rows: number } {
  const counted = {
    rows: 0,
    model: {
      ...model,
      async open() {
        const session = await model.open();
        return {
          get length() {
            return session.length;
          },
          append(tokens: readonly Token[], how: AppendOptions = {}) {
            counted.rows += how.rows ?? tokens.length;
            return session.append(tokens, how);
          },
          rewind: (length: number) => session.rewind(length),
          close: () => session.close(),
        };
      },
    },
  };
  return counted;
}

const answerWith = (
  model: LanguageModel,
  drafter: ReturnType<typeof modelDrafter>,
  policy: Policy,
  temperature: number,
) =>
  complete(prompt, {
    target: model,
    drafter,
    tokenizer,
    verifier: registry.create(policy),
    draftTokens: 6,
    sampling: { temperature },
    maxTokens: 60,
    seed: 7,
    trace: true,
  });

for (const temperature of [0, 1]) {
  describe(`at temperature ${temperature}`, () => {
    test("a model and a drafter with a memory give every policy the answer and the counters that it has without", async () => {
      const lengths = new Set<number>();
      for (const { target, draft } of pairs()) {
        const memory = rememberedModel(target);
        const drafts = rememberedDrafts(draft, modelDrafter(draft));
        for (const policy of policies) {
          // A drafter with a memory has nothing to prepare, so it drafts from the first token on.
          const { prepare, ...drafter } = modelDrafter(draft);
          const bare = await answerWith(target, drafter, policy, temperature);
          const remembered = await answerWith(memory, drafts.drafter(), policy, temperature);
          lengths.add(bare.tokens.length);
          assert.deepEqual(remembered, bare);
        }
        await Promise.all([memory.close(), drafts.close()]);
        assert.equal(target.openSessions + draft.openSessions, 0);
      }
      assert.ok(lengths.has(60) && Math.min(...lengths) < 60);
    });

    test("what one policy has computed costs the next one nothing", async () => {
      const [{ target, draft }] = pairs() as [ReturnType<typeof pairs>[number]];
      const [a, b] = [counting(target), counting(draft)];
      const memory = rememberedModel(a.model);
      const drafts = rememberedDrafts(b.model, modelDrafter(b.model));
      await answerWith(memory, drafts.drafter(), { type: "sd" }, temperature);
      const before = [a.rows, b.rows];
      assert.ok((before[0] as number) > 10 && (before[1] as number) > 10);
      await answerWith(memory, drafts.drafter(), { type: "sd" }, temperature);
      assert.deepEqual([a.rows, b.rows], before);
    });
  });
}

test("hidden states are computed once for each kind, and are those of the model", async () => {
  const state = (context: readonly Token[]) => [context.length, context.at(-1) ?? -1];
  const model = randomModel({ ...options, hidden: { kind: "pre-norm", width: 2, state } });
  const counted = counting(model);
  const session = await rememberedModel(counted.model).open();
  await session.append([1, 2, 3]);
  assert.equal(counted.rows, 3);
  session.rewind(1);
  const { hidden } = await session.append([2, 3], { hidden: "pre-norm" });
  assert.deepEqual(hidden, new Float32Array([2, 2, 3, 3]));
  assert.equal(counted.rows, 5);
  session.rewind(1);
  await session.append([2, 3], { hidden: "pre-norm" });
  assert.equal(counted.rows, 5);
});
