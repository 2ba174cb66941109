/** Which policy, drafter and block length an answer gets: the one choice that server and command make. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createRegistry,
  type Drafter,
  defaultRegistry,
  LenityError,
  lookupDrafter,
  type VerifierPlugin,
} from "@lenity/core";
import { type AskedSpeculation, chosenSpeculation, type SpeculativeModel } from "../src/index.ts";
import { sayingModel } from "./doubles.ts";

const target = sayingModel("x");
const [first, lookup] = ["model", "lookup"].map((name) => (): Drafter => ({ ...lookupDrafter(), name })) as [
  () => Drafter,
  () => Drafter,
];
const model: SpeculativeModel = { id: "m", target, drafters: { model: first, lookup }, registry: defaultRegistry() };

/** The policy, the block length (the longest one in brackets under "auto") and the drafter's name. */
function chosen(asked: AskedSpeculation, more: Partial<SpeculativeModel> = {}): readonly unknown[] {
  const { policy, draftTokens, maxDraftTokens, createDrafter } = chosenSpeculation(asked, { ...model, ...more });
  if (draftTokens !== "auto") assert.equal(maxDraftTokens, draftTokens);
  return [policy, draftTokens === "auto" ? [maxDraftTokens] : draftTokens, createDrafter?.().name];
}

describe("policy, drafter and block length", () => {
  const sd = { type: "sd" };

  test("are strict, the first drafter and the length that suits each round where nobody says otherwise", () => {
    assert.deepEqual(chosen({}), [sd, [16], "model"]);
    assert.deepEqual(chosen({ policy: null, draftTokens: null, drafter: null }), [sd, [16], "model"]);
    assert.deepEqual(chosen({ policy: sd, draftTokens: "auto" }), [sd, [16], "model"]);
  });

  test("of auto go up to the number of the preset, and of a lossless one at least to 16", () => {
    const kl = { type: "kl", threshold: 0.3 };
    const presets = [
      { name: "short", summary: "", policy: kl, draftTokens: 5 },
      { name: "short and lossless", summary: "", policy: sd, draftTokens: 5 },
      { name: "long and lossless", summary: "", policy: sd, draftTokens: 25 },
    ];
    const registry = createRegistry(defaultRegistry().plugins, [...presets, ...defaultRegistry().presets]);
    for (const [policy, longest] of [
      ["short", 5],
      ["short and lossless", 16],
      ["long and lossless", 25],
      [kl, 16],
    ] as const)
      assert.deepEqual(chosenSpeculation({ policy }, { ...model, registry }).maxDraftTokens, longest);
    assert.deepEqual(chosen({ policy: "long and lossless" }, { registry, maxDraftTokens: 12 }).slice(1), [
      [12],
      "model",
    ]);
    assert.deepEqual(chosen({ draftTokens: "auto" }, { registry, maxDraftTokens: 0 }).slice(1), [0, undefined]);
  });

  test("are the model's before the usual ones, and those asked for before the model's", () => {
    const more = { policy: { type: "exact" }, draftTokens: 5 };
    assert.deepEqual(chosen({}, more), [{ type: "exact" }, 5, "model"]);
    assert.deepEqual(chosen({ policy: sd, draftTokens: 2, drafter: "lookup" }, more), [sd, 2, "lookup"]);
    assert.deepEqual(chosen({ draftTokens: "auto" }, more).slice(1), [[16], "model"]);
    // A preset that is asked for brings its own longest block, an expression has none.
    const preset = { name: "long", summary: "", policy: sd, draftTokens: 25 };
    const registry = createRegistry(defaultRegistry().plugins, [preset, ...defaultRegistry().presets]);
    assert.deepEqual(chosen({ policy: "long" }, { ...more, registry }), [sd, [25], "model"]);
    assert.deepEqual(chosen({ policy: sd }, { ...more, registry }), [sd, 5, "model"]);
  });

  test("are plain decoding where no block is asked for, can be verified, or can be drafted", () => {
    assert.deepEqual(chosen({ draftTokens: 0 }), [sd, 0, undefined]);
    assert.deepEqual(chosen({}, { target: { ...target, lastOnly: true } }), [sd, 0, undefined]);
    assert.deepEqual(chosen({}, { drafters: {} }), [sd, 0, undefined]);
  });
});

describe("a choice that cannot be had fails with the path at fault", () => {
  const fails = (asked: AskedSpeculation, more: Partial<SpeculativeModel> = {}): LenityError => {
    try {
      chosenSpeculation(asked, { ...model, ...more }, "speculative.policy");
    } catch (error) {
      if (error instanceof LenityError) return error;
      throw error;
    }
    return assert.fail("It was taken.");
  };

  test("an unknown drafter, with those that are known", () => {
    for (const drafter of ["modle", "constructor"]) {
      const { code, path, kind, subject, message } = fails({ drafter });
      assert.deepEqual([code, path, kind, subject], ["invalid_request", "drafter", "unknown_drafter", drafter]);
      assert.match(message, /^m has no drafter "\w+"\..* Known: model, lookup\.$/);
    }
    assert.match(fails({ drafter: "model" }, { drafters: {} }).message, /It has none\.$/);
    assert.match(fails({ drafter: "modle", draftTokens: 0 }).message, /Did you mean "model"\?/);
  });

  test("drafted tokens of a model without a drafter", () => {
    const { code, path, message } = fails({ draftTokens: 4 }, { drafters: {} });
    assert.deepEqual([code, path], ["unsupported", "draftTokens"]);
    assert.match(message, /^m has no drafter, so it cannot draft 4 tokens\./);
  });

  test("a policy of another grammar, one too long, and one that a plugin refuses with an error of the language", () => {
    const plugin = (defaultRegistry().plugins as readonly VerifierPlugin[])[0] as VerifierPlugin;
    const picky = {
      ...plugin,
      name: "picky",
      create() {
        throw new RangeError("Not these two.");
      },
    };
    const registry = createRegistry([...defaultRegistry().plugins, picky], []);
    const long = { type: "or", any: Array.from({ length: 1000 }, () => ({ type: "exact" })) };
    for (const [policy, path, message] of [
      [{ type: "klx" }, "speculative.policy.type", /unknown verifier "klx"/],
      [long, "speculative.policy", /^speculative\.policy is \d+ characters long; expected at most 10000\.$/],
      [{ type: "picky" }, "speculative.policy", /^speculative\.policy: Not these two\.$/],
    ] as const) {
      const error = fails({ policy }, { registry });
      assert.deepEqual([error.code, error.path], ["invalid_policy", path]);
      assert.match(error.message, message);
    }
  });
});
