import assert from "node:assert/strict";
import { test } from "node:test";
import { LenityError, type Preset } from "@lenity/core";
import { type PresetCalibration, presetFile, readPreset } from "../src/index.ts";

const preset: Preset = {
  name: "mine",
  summary: "Mine.",
  policy: { type: "kl", threshold: 0.3 },
  draftTokens: 12,
};
const calibration: PresetCalibration = {
  parameter: "threshold",
  value: 0.3,
  loss: "drop",
  answer: "number",
  alpha: 0.05,
  delta: 0.1,
  prompts: { file: "prompts.jsonl", sha256: "00", count: 100 },
  target: "big",
  draft: "small",
  drafter: "model",
  sampling: { temperature: 0, top_k: 0, top_p: 1, min_p: 0 },
  seed: 0,
  max_tokens: 512,
  steps: [{ value: 0.3, prompts: 100, loss: 0, p_value: 0.005, passed: true }],
};

test("a preset that was written is read again, with the models that it was made for", () => {
  const read = readPreset(JSON.parse(JSON.stringify(presetFile(preset, calibration))));
  assert.deepEqual(read.preset, preset);
  assert.deepEqual([read.madeFor?.target, read.madeFor?.draft], ["big", "small"]);
});

test("a name and a policy are enough, and the policy may be another preset's name", () => {
  const { preset, madeFor } = readPreset({ name: "mine", policy: "judi" });
  assert.deepEqual([preset.policy, preset.draftTokens, madeFor], ["judi", undefined, undefined]);
});

test("files of another form are refused with the place of the mistake", () => {
  for (const [json, message] of [
    [{ policy: "judi" }, /calibrated\.json is not a preset at "name"/],
    [{ name: "my own", policy: "judi" }, /at "name": expected letters, digits/],
    [{ name: "mine", policy: { threshold: 1 } }, /at "policy/],
    [{ name: "mine", policy: "judi", draft_tokens: 1.5 }, /at "draft_tokens"/],
    [[], /is not a preset at/],
  ] as const)
    assert.throws(
      () => readPreset(json, "calibrated.json"),
      (error) => error instanceof LenityError && error.code === "invalid_policy" && message.test(error.message),
      JSON.stringify(json),
    );
});
