import assert from "node:assert/strict";
import { test } from "node:test";
import { createRegistry, defaultRegistry, LenityError, type Policy } from "@lenity/core";
import { policyParameter } from "../src/index.ts";

const registry = defaultRegistry({ judge: { hidden: "pre-norm", weight: [1], bias: 0 } });

/** Where it is found, and the policy with 0.25 there. */
function found(policy: Policy, name?: string): readonly [string, Policy] {
  const { path, policyWith } = policyParameter(policy, registry, name);
  return [path, policyWith(0.25)];
}

test("the only rule with a parameter is found in presets and nested policies, whether it is set or not", () => {
  assert.deepEqual(found("judi"), [
    "any[1].threshold",
    { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.25, max_confidence: 0.9 }] },
  ]);
  assert.deepEqual(found({ type: "kl" }), ["threshold", { type: "kl", threshold: 0.25 }]);
  const then = { type: "and", all: [{ type: "exact" }, { type: "judge", threshold: null }] };
  assert.deepEqual(found({ type: "when", condition: { texts: ["kl"] }, then }), [
    "then.all[1].threshold",
    {
      type: "when",
      condition: { texts: ["kl"] },
      then: { type: "and", all: [{ type: "exact" }, { type: "judge", threshold: 0.25 }] },
    },
  ]);
});

test("the policy that is given stays as it is, and every rule's values make policies", () => {
  for (const { name, parameter, example } of registry.plugins) {
    if (parameter === undefined) continue;
    const policy = Object.freeze({ type: name, ...example });
    const before = JSON.stringify(policy);
    const main = policyParameter(policy, registry, parameter.name);
    assert.deepEqual(main.parameter, parameter);
    for (const value of parameter.values) assert.ok(registry.create(main.policyWith(value)));
    assert.equal(JSON.stringify(policy), before);
  }
});

test("a name or a path chooses among several, and finds options that are no rule's main parameter", () => {
  assert.equal(found("bounded", "budget")[0], "budget");
  assert.equal(found("bounded", "of.threshold")[0], "of.threshold");
  const both = { type: "or", any: [{ type: "kl", threshold: 1 }, { type: "judge" }] };
  assert.deepEqual(found(both, "any[1].threshold")[1], {
    type: "or",
    any: [
      { type: "kl", threshold: 1 },
      { type: "judge", threshold: 0.25 },
    ],
  });
  const confidence = policyParameter("judi", registry, "max_confidence");
  assert.deepEqual([confidence.path, confidence.parameter], ["any[1].max_confidence", undefined]);
});

test("none, several and unknown ones are refused with those that there are", () => {
  const refuses = (policy: Policy, name: string | undefined, message: RegExp) =>
    assert.throws(
      () => found(policy, name),
      (error) => error instanceof LenityError && error.code === "invalid_policy" && message.test(error.message),
    );
  refuses("strict", undefined, /does not have a rule with a parameter\. Use a policy with a rule such as kl or judge/);
  refuses("bounded", undefined, /more than once\. Choose one of budget, of\.threshold\./);
  refuses("bounded", "tau", /does not have the option "tau"\. Choose one of budget, of\.threshold\./);
  refuses(
    { type: "or", any: [{ type: "kl" }, { type: "judge" }] },
    "threshold",
    /Choose one of any\[0\]\.threshold, any/,
  );
  refuses("none", undefined, /unknown preset "none"/);
});

test("a plugin of one's own with a parameter is found", () => {
  const kl = registry.plugins.find(({ name }) => name === "kl");
  assert.ok(kl);
  const own = createRegistry([
    { ...kl, name: "own", parameter: { name: "max_confidence", looser: "up", values: [1] } },
  ]);
  assert.equal(policyParameter({ type: "own", threshold: 1 }, own).path, "max_confidence");
});
