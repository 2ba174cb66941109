import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultThreads } from "../src/index.ts";

test("a pass takes half of the processors, from two to four, and never more than there are", () => {
  const chosen = [1, 2, 3, 4, 6, 8, 16, 64].map((processors) => [processors, defaultThreads(processors)]);
  const expected = [1, 2, 2, 2, 3, 4, 4, 4].map((threads, i) => [chosen[i]?.[0], threads]);
  assert.deepEqual(chosen, expected);
});
