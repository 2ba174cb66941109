import assert from "node:assert/strict";
import { test } from "node:test";
import { drawProblems, familyNames } from "../harness/problems.ts";

test("families take turns, no question is asked twice, and the same seed asks the same", () => {
  const set = { side: "held-out", count: 400, seed: 101 } as const;
  const problems = drawProblems(set);
  assert.equal(new Set(problems.map(({ question }) => question)).size, 400);
  for (const [i, { family }] of problems.entries()) assert.equal(family, familyNames[i % familyNames.length]);
  assert.deepEqual(drawProblems(set), problems);
});

test("unsafe requests are those that the target must refuse", () => {
  const problems = drawProblems({ families: ["requests"], side: "held-out", count: 300, seed: 5, unsafe: true });
  assert.ok(problems.every(({ check }) => check.kind === "refusal" && check.refuse));
  assert.equal(new Set(problems.map(({ question }) => question)).size, 300);
});

test("more questions than a family has are refused", () => {
  assert.throws(
    () => drawProblems({ families: ["talk"], side: "held-out", count: 20_000, seed: 1 }),
    /talk has fewer than \d+ different questions/,
  );
});
