import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createRegistry,
  defaultRegistry,
  type JudgeHead,
  judgeHead,
  LenityError,
  type VerifierPlugin,
  verifierPlugin,
} from "@lenity/core";
import * as v from "valibot";

const head: JudgeHead = { hidden: "pre-norm", weight: [1, 2], bias: 0 };
const registry = defaultRegistry({ judge: head });
const fails = (policy: unknown, path: string, message: RegExp) => {
  assert.throws(
    () => registry.create(policy),
    (error: unknown) =>
      error instanceof LenityError &&
      error.code === "invalid_policy" &&
      error.path === path &&
      message.test(error.message),
    `expected ${message} at ${path}`,
  );
};

test("presets and expressions become verifiers that state their law and needs", () => {
  assert.deepEqual([registry.create("strict").name, registry.create("strict").law], ["sd", "exact"]);
  assert.deepEqual([registry.create("judi").name, registry.create("judi").law], ["or(sd, kl)", "mixture"]);
  assert.deepEqual([registry.create("judge").law, registry.create("judge").needs?.hidden], ["none", "pre-norm"]);
  const nested = {
    type: "or",
    any: ["strict", { type: "or", any: [{ type: "kl", threshold: 0.3 }, { type: "judge" }] }],
  };
  assert.equal(registry.create(nested).name, "or(sd, or(kl, judge))");
});

test("resolve replaces a preset by what it stands for", () => {
  assert.deepEqual(registry.resolve("judi"), {
    type: "or",
    any: [{ type: "sd" }, { type: "kl", threshold: 0.4, max_confidence: 0.9 }],
  });
});

test("a misspelt policy says which option, and what was probably meant", () => {
  fails("judy", "policy", /unknown preset "judy"\. Did you mean "judi"\?/);
  fails({ type: "k1" }, "policy.type", /unknown verifier "k1"\. Did you mean "kl"\? Known: sd, /);
  fails({ type: "kl", treshold: 0.3 }, "policy.treshold", /no option "treshold"\. Did you mean "threshold"\?/);
  fails({ type: "kl", threshold: 0.3, max_confidense: 1 }, "policy.max_confidense", /Did you mean "max_confidence"\?/);
  fails({ type: "kl" }, "policy.threshold", /policy\.threshold is missing/);
  fails({ type: "kl", threshold: "low" }, "policy.threshold", /^policy\.threshold is "low"; expected a number\.$/);
  fails({ type: "kl", threshold: -1 }, "policy.threshold", /^policy\.threshold is -1; expected at least 0\.$/);
  fails(
    { type: "or", any: ["strict", { type: "or", any: [{ type: "sd", x: 1 }] }] },
    "policy.any[1].any[0].x",
    /no option "x"\. It takes none/,
  );
  fails({ type: "or", any: [] }, "policy.any", /^policy\.any is an empty array; expected at least 1 item\.$/);
  for (const policy of [null, 3, [], {}, { type: 1 }, undefined])
    fails(policy, "policy", /expected a preset's name or an object/);
});

test("a registry is an allow-list: without a judge's weights no policy can name the judge", () => {
  const small = defaultRegistry();
  assert.throws(() => small.create({ type: "judge" }), /unknown verifier "judge"/);
  assert.throws(() => small.create("judge"), /unknown preset "judge"/);
});

test("an own verifier is named from JSON like a built-in one", () => {
  const plugin: VerifierPlugin = verifierPlugin({
    name: "even",
    summary: "Accepts even ids.",
    schema: v.strictObject({ every: v.optional(v.number(), 2) }),
    create: ({ every }) => ({
      name: "even",
      law: "none",
      verify: ({ draft }) => ({ accept: draft.map((token) => token % every === 0) }),
    }),
  });
  assert.equal(
    defaultRegistry({ plugins: [plugin] }).create({ type: "or", any: [{ type: "sd" }, { type: "even", every: 3 }] })
      .name,
    "or(sd, even)",
  );
  assert.throws(() => createRegistry([plugin]).create({ type: "even", evry: 3 }), /Did you mean "every"\?/);
});

test("a name is taken once: no plugin of your own changes what a preset means", () => {
  const plugin: VerifierPlugin = verifierPlugin({
    name: "sd",
    summary: "Not speculative sampling.",
    schema: v.strictObject({}),
    create: () => ({ name: "sd", law: "none", verify: ({ draft }) => ({ accept: draft.map(() => true) }) }),
  });
  assert.throws(
    () => defaultRegistry({ plugins: [plugin] }),
    /Two verifiers are named "sd"; expected unique names\. Rename yours/,
  );
  const preset = { name: "mine", summary: "", policy: { type: "sd" } };
  assert.throws(() => createRegistry([plugin], [preset, preset]), /Two presets are named "mine"/);
  assert.equal(createRegistry([plugin], [preset]).create("mine").law, "none");
});

test("a verifier made from a preset has the preset's block length, also within shadow and unguarded", () => {
  assert.equal(registry.create("strict").draftTokens, 8);
  assert.equal(registry.create("judge").draftTokens, 25);
  assert.equal(registry.create("judi").draftTokens, undefined);
  assert.equal(registry.create({ type: "sd" }).draftTokens, undefined);
  assert.equal(registry.create({ type: "unguarded", of: "judge" }).draftTokens, 25);
  assert.equal(registry.create({ type: "shadow", of: "judge", candidates: ["strict"] }).draftTokens, 25);
  assert.equal(registry.create({ type: "or", any: ["judge", "strict"] }).draftTokens, undefined);
});

test("errors of policies carry what they are about, and say what a missing head lacks", () => {
  const facts = (policy: unknown, registry = defaultRegistry({ missing: { judge: "reads a head: add it." } })) => {
    try {
      registry.create(policy);
    } catch (error) {
      const { code, kind, subject, path, message } = error as LenityError;
      return { code, kind, subject, path, message };
    }
    return undefined;
  };
  const code = "invalid_policy";
  const message = "policy names judge, which reads a head: add it.";
  assert.deepEqual(facts("judge"), { code, kind: "unknown_preset", subject: "judge", path: "policy", message });
  assert.deepEqual(facts({ type: "judge" }), {
    code,
    kind: "unknown_verifier",
    subject: "judge",
    path: "policy.type",
    message,
  });
  const about = (policy: unknown) => {
    const { kind, subject, path } = facts(policy) ?? {};
    return [kind, subject, path];
  };
  assert.deepEqual(about({ type: "kl", a: 1, threshold: 1 }), ["unknown_option", "a", "policy.a"]);
  assert.deepEqual(about({ type: "or", any: [{ type: "kl" }] }), [
    "missing_option",
    "threshold",
    "policy.any[0].threshold",
  ]);
});

test("a judge head is read from JSON, and a broken one says where", () => {
  assert.deepEqual(judgeHead({ hidden: "pre-norm", weight: [1], bias: 2 }), {
    hidden: "pre-norm",
    weight: [1],
    bias: 2,
  });
  assert.throws(() => judgeHead({ hidden: "pre-norm", weight: ["a"], bias: 2 }), {
    code: "model_files",
    message: /weight\.0/,
  });
});
