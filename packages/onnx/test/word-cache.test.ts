import assert from "node:assert/strict";
import { test } from "node:test";
import { wordCache } from "../src/tokenizer/word-cache.ts";

test("a cache of words gives back what was put, and holds no more than it may", () => {
  const cache = wordCache(3);
  for (const word of ["a", "b", "c"]) cache.put(word, [word]);
  assert.deepEqual(
    ["a", "b", "c", "d"].map((word) => cache.get(word)),
    [["a"], ["b"], ["c"], undefined],
  );
  cache.put("d", ["d"]);
  assert.deepEqual(
    ["a", "b", "c", "d"].map((word) => cache.get(word)),
    [undefined, undefined, undefined, ["d"]],
  );
});
