/** Heads that read hidden states of any layer, of the target, of the draft, or of both. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  autojudge,
  autojudgeHead,
  autojudgePlugin,
  type DecodeOptions,
  decode,
  type HiddenKind,
  isHiddenKind,
  judge,
  judgeHead,
  judgePlugin,
  lookupDrafter,
  modelDrafter,
  or,
  type Round,
  sampling,
  seeded,
  type Token,
  type Verifier,
} from "@lenity/core";
import {
  conformance,
  conformanceWidth,
  noisyModel,
  randomModel,
  scoringModel,
  singleRound,
} from "@lenity/core/testing";

const ones = (length: number) => new Array<number>(length).fill(1);
const weightsOf = (features: string) => (features === "both" ? 2 : 1) * conformanceWidth;

for (const features of ["target", "draft", "both"] as const) {
  const weight = Array.from({ length: weightsOf(features) }, (_, i) => (i % 3) - 1);
  const states = { features, hidden: "layer-3-norm", draftHidden: "layer-1" } as const;
  describe(`a head that reads the states of ${features}`, () => {
    for (const plugin of [
      judgePlugin({ ...states, weight, bias: 0 }),
      autojudgePlugin({ ...states, mean: weight, scale: ones(weight.length), weight, bias: 0 }),
    ])
      for (const { name, skip, run } of conformance(plugin))
        if (skip === undefined) test(`as a ${plugin.name} ${name}`, run);

    test("needs them, and no others", () => {
      const { mode, ...needs } = autojudge({ ...states, mean: [0], scale: [1], weight: [1], bias: 0 }).needs ?? {};
      assert.equal(mode, "greedy");
      assert.deepEqual(needs, judge({ ...states, weight: [1], bias: 0 }).needs);
      assert.deepEqual(needs, {
        ...(features === "draft" ? {} : { hidden: "layer-3-norm" }),
        ...(features === "target" ? {} : { draftHidden: "layer-1" }),
      });
    });
  });
}

test("the draft's states are of the target's kind unless the head names another, and autojudge's are post-norm", () => {
  assert.deepEqual(judge({ features: "both", hidden: "layer-2", weight: [1], bias: 0 }).needs, {
    hidden: "layer-2",
    draftHidden: "layer-2",
  });
  const head = { mean: [0], scale: [1], weight: [1], bias: 0 };
  assert.deepEqual(autojudge(head).needs, { hidden: "post-norm", mode: "greedy" });
  assert.deepEqual(autojudge({ ...head, features: "draft" }).needs, { draftHidden: "post-norm", mode: "greedy" });
});

test("heads are read from JSON with the states that they read, and refused with the name of a wrong field", () => {
  const states = { features: "both", hidden: "layer-12-norm", draftHidden: "pre-norm" };
  const head = { weight: [1, 2], bias: 3 };
  assert.deepEqual(judgeHead({ ...states, ...head, provenance: { pair: "a and b" } }), { ...states, ...head });
  const standard = { mean: [0, 0], scale: [1, 1], ...head };
  assert.deepEqual(autojudgeHead({ ...states, ...standard }), { ...states, ...standard });
  assert.deepEqual(autojudgeHead(standard), standard);
  for (const [wrong, message] of [
    [
      { hidden: "layer-0" },
      /"hidden": expected pre-norm, post-norm, layer-N or layer-N-norm \(N from 1\), found "layer-0"/,
    ],
    [{ hidden: "pre-norm", draftHidden: 3 }, /"draftHidden": expected pre-norm, .*, found 3/],
    [{ hidden: "pre-norm", features: "all" }, /"features"/],
    [{}, /"hidden"/],
  ] as const)
    assert.throws(() => judgeHead({ ...head, ...wrong }), { code: "model_files", message });
  assert.throws(() => autojudgeHead({ ...standard, hidden: "norm" }), { code: "model_files", message: /"hidden"/ });
});

test("the names of hidden states count layers from 1, in plain digits", () => {
  for (const name of ["pre-norm", "post-norm", "layer-1", "layer-10", "layer-1-norm", "layer-120-norm"])
    assert.ok(isHiddenKind(name), name);
  for (const name of [
    "",
    "layer",
    "layer-",
    "layer-0",
    "layer-01",
    "layer--1",
    "layer-1.5",
    "layer-1-",
    "layer-1-norm ",
    1,
  ])
    assert.ok(!isHiddenKind(name), String(name));
});

/** The state at the last token of a context: told apart by models, lengths and tokens. */
const stateOf = (model: number) => (context: readonly Token[]) => [model, context.length, context.at(-1) ?? -1];
const kind: HiddenKind = "layer-2";
const target = randomModel({ vocabulary: 9, seed: 4, eos: [0], hidden: { kind, width: 3, state: stateOf(1) } });
const draft = (contextLength = 4096) =>
  noisyModel({
    ...{ vocabulary: 9, seed: 4, noise: 1.5, eos: [0, 5], contextLength },
    hidden: { kind: "post-norm", width: 3, state: stateOf(2) },
  });

test("a model drafter gives the state after each drafted token, the last one too, whatever was rejected", async () => {
  const drafter = modelDrafter(draft(60));
  const plain = modelDrafter(draft(60));
  const random = seeded(6);
  let context: Token[] = [1, 2];
  let drafted = 0;
  for (let round = 0; round < 60; round++) {
    const limit = Math.floor(random() * 7);
    const uniform = Array.from({ length: limit }, random);
    const request = { context, limit, sampling: sampling({ temperature: round % 2 }), uniform };
    const { tokens, hidden, evidence } = await drafter.propose({ ...request, hidden: "post-norm" });
    const without = await plain.propose(request);
    assert.deepEqual(tokens, without.tokens);
    assert.equal(without.hidden, undefined);
    for (const at of tokens.keys()) {
      assert.deepEqual(Array.from(hidden?.at(at) ?? []), stateOf(2)([...context, ...tokens.slice(0, at + 1)]));
      assert.deepEqual(evidence?.logits(at), without.evidence?.logits(at));
    }
    drafted += tokens.length;
    context = [...context, ...tokens.slice(0, Math.floor(random() * 8)), 1 + Math.floor(random() * 8)];
    if (context.length > 60 || random() < 0.1) context = context.slice(0, 5);
  }
  assert.ok(drafted > 60, `${drafted} tokens drafted`);
  await drafter.close();
  await plain.close();
});

describe("a round", () => {
  /** Accepts about half of the tokens, and checks the states of every round. */
  const checking = (rounds: Round[]): Verifier => ({
    name: "checking",
    law: "none",
    unguarded: true,
    needs: { hidden: kind, draftHidden: "post-norm" },
    reads: [],
    verify(round) {
      rounds.push(round);
      for (const at of round.draft.keys()) {
        const context = [...round.context, ...round.draft.slice(0, at + 1)];
        assert.deepEqual(Array.from(round.hidden?.at(at) ?? []), stateOf(1)(context));
        assert.deepEqual(Array.from(round.draftHidden?.at(at) ?? []), stateOf(2)(context));
      }
      return { accept: round.draft.map((token) => token % 2 === 0) };
    },
  });
  const run = async (options: DecodeOptions) => {
    const tokens: Token[] = [];
    for await (const event of decode([1, 2], options))
      if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
    return tokens;
  };

  test("has both models' states at each drafted token, by rows and by numbers", async () => {
    for (const model of [target, scoringModel(target)]) {
      const rounds: Round[] = [];
      for (let seed = 0; seed < 10; seed++) {
        const options = { target: model, drafter: modelDrafter(draft()), verifier: checking(rounds), seed };
        await run({ ...options, draftTokens: 4, maxTokens: 30, sampling: { temperature: 1 } });
      }
      assert.ok(rounds.length > 30, `${rounds.length} rounds`);
      for (const { hidden, draftHidden } of rounds) assert.deepEqual([hidden?.width, draftHidden?.width], [3, 3]);
    }
  });

  test("has none that no rule reads", async () => {
    const verifier: Verifier = {
      name: "v",
      law: "none",
      verify: ({ draft, hidden, draftHidden }) => {
        assert.deepEqual([hidden, draftHidden], [undefined, undefined]);
        return { accept: draft.map(() => true) };
      },
    };
    await run({ target, drafter: modelDrafter(draft()), verifier, draftTokens: 4, maxTokens: 20 });
  });

  test("lets a head accept by the target's state followed by the draft's", async () => {
    const head = { features: "both", hidden: kind, draftHidden: "post-norm", bias: 0 } as const;
    // Of the six numbers, the first is 1 for the target and the fourth 2 for the draft.
    const score = (weight: readonly number[]) => {
      const states = { width: 3, at: () => Float32Array.of(1, 7, 8) };
      const round = singleRound(Float32Array.of(0, 1), Float32Array.of(1, 0), 0, 0.5);
      const draftHidden = { width: 3, at: () => Float32Array.of(2, 0, -4) };
      return judge({ ...head, weight }).verify({ ...round, hidden: states, draftHidden });
    };
    assert.deepEqual(score([1, 0, 0, -0.4, 0, 0]), { accept: [true] });
    assert.deepEqual(score([1, 0, 0, -0.6, 0, 0]), { accept: [false] });
    assert.deepEqual(score([0, 0, 1, 0, 0, 1.9]), { accept: [true] });
    assert.deepEqual(score([0, 0, 1, 0, 0, 2.1]), { accept: [false] });
    assert.throws(() => score([1, 1, 1]), {
      code: "unsupported",
      message:
        "The judge head has 3 weights, but the two hidden states have 6 values. Use a head trained for these models.",
    });
  });
});

describe("before the first token it is refused", () => {
  const refused = (options: Omit<DecodeOptions, "target">, message: RegExp) =>
    assert.rejects(decode([1], { target, ...options }).next(), { code: "unsupported", path: "policy", message });
  const head = (states: Pick<Parameters<typeof judge>[0], "features" | "hidden" | "draftHidden">) =>
    judge({ ...states, weight: ones(6), bias: 0 });

  test("that a head reads a layer that the target does not give", async () => {
    const message =
      /^Policy "judge" reads layer-3 hidden states, which table does not return \(it returns layer-2\)\. Load or export/;
    await refused({ drafter: modelDrafter(draft()), verifier: head({ hidden: "layer-3" }) }, message);
  });

  test("that a head reads states of a draft that has none, or others", async () => {
    const verifier = head({ features: "both", hidden: kind });
    await refused(
      { drafter: lookupDrafter(), verifier },
      /reads layer-2 hidden states of the draft, which the drafter "lookup" does not return\. Use a draft model/,
    );
    await refused(
      { drafter: modelDrafter(draft()), verifier },
      /reads layer-2 hidden states of the draft, which the drafter "table" does not return \(it returns post-norm\)/,
    );
  });

  test("that two heads read different states of the same model", () => {
    const one = head({ features: "both", hidden: kind, draftHidden: "post-norm" });
    assert.doesNotThrow(() => or(one, head({ features: "draft", hidden: "post-norm" })));
    assert.throws(() => or(one, head({ hidden: "layer-1" })), {
      code: "invalid_policy",
      message: /read both layer-2 and layer-1 hidden states; expected one kind/,
    });
    assert.throws(() => or(one, head({ features: "draft", hidden: "pre-norm" })), {
      code: "invalid_policy",
      message: /read both post-norm and pre-norm hidden states of the draft; expected one kind/,
    });
  });
});
