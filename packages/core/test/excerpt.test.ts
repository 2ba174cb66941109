import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultRegistry, LenityError } from "@lenity/core";
import { excerpt, quoted, shown } from "@lenity/core/internal";

describe("what an error quotes", () => {
  test("is the beginning of a long text, never half a character", () => {
    assert.equal(excerpt("short"), "short");
    assert.equal(excerpt("x".repeat(80)), "x".repeat(80));
    assert.equal(excerpt("x".repeat(81)), `${"x".repeat(80)}…`);
    assert.equal(excerpt(`${"x".repeat(79)}🎉`), `${"x".repeat(79)}…`);
    assert.equal(excerpt("abc", 2), "ab…");
    assert.equal(quoted('a "b"\n'), '"a \\"b\\"\\n"');
  });

  test("is any value, in words", () => {
    const cases: readonly (readonly [unknown, string])[] = [
      ["", "an empty string"],
      ["hot", '"hot"'],
      [2.5, "2.5"],
      [Number.POSITIVE_INFINITY, "a number too large to read"],
      [null, "null"],
      [undefined, "undefined"],
      [true, "true"],
      [5n, "5"],
      [[], "an empty array"],
      [[1], "an array of 1 item"],
      [[1, 2], "an array of 2 items"],
      [{}, "an empty object"],
      [{ a: 1, b: { c: 5n } }, '{"a":1,"b":{"c":"5"}}'],
    ];
    for (const [value, words] of cases) assert.equal(shown(value), words);
  });

  test("stays short and quick for what is wide or deep, or holds itself", () => {
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, "x".repeat(100)]));
    const round: Record<string, unknown> = {};
    round["round"] = round;
    for (const value of [deep, wide, round, { ["x".repeat(100_000)]: 1 }]) assert.ok(shown(value).length <= 81);
  });
});

describe("a policy's error is short when what was given is huge", () => {
  const huge = "x".repeat(1_000_000);
  const policies: Readonly<Record<string, unknown>> = {
    "a preset's name": huge,
    "a verifier's name": { type: huge },
    "an option's name": { type: "kl", threshold: 1, [huge]: 1 },
    "an option's value": { type: "kl", threshold: huge },
    "a condition": { type: "when", condition: { [huge]: 1 }, then: "strict" },
    "a value that is no policy": { huge, more: [huge] },
  };
  for (const [what, policy] of Object.entries(policies)) {
    test(what, () => {
      assert.throws(
        () => defaultRegistry().create(policy),
        (error: unknown) =>
          error instanceof LenityError && error.message.length < 500 && (error.path ?? "").length < 200,
      );
    });
  }
});
