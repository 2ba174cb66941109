import assert from "node:assert/strict";
import { test } from "node:test";
import { greedy } from "@lenity/core";
import { chosenSampling } from "../src/index.ts";

test("each setting is as asked for, else as the model recommends it, else as OpenAI has it", () => {
  assert.deepEqual(chosenSampling({}), { temperature: 1, topK: 0, topP: 1, minP: 0 });
  const recommended = { temperature: 0.6, topK: 20, topP: 0.9, minP: 0.1 };
  assert.deepEqual(chosenSampling({ temperature: null, topK: undefined }, recommended), recommended);
  // 0 is a value, not a gap.
  assert.deepEqual(chosenSampling({ temperature: 0, topK: 0, minP: 0 }, recommended), { ...greedy, topP: 0.9 });
  assert.deepEqual(chosenSampling({ topP: 0.5 }, { temperature: 0 }), { ...greedy, topP: 0.5 });
});
