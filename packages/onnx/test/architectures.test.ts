import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exportDecoder, loadModel } from "../src/index.ts";
import { configOf, type Shape, small, temporaryFolder, tokensOf } from "../src/testing/random-llama.ts";
import { families, familyWeights, writeFamily } from "./random-family.ts";
import { reference } from "./reference-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

describe("exportDecoder computes what a float64 computation does, in blocks and one by one to the bit, for", () => {
  for (const [index, family] of families.entries()) {
    test(family.name, async () => {
      const shape: Shape = { ...small, ...family.shape };
      const weights = familyWeights(family, shape, index + 1);
      const dir = join(folder.path, `family-${index}`);
      await writeFamily(dir, family, shape, weights);
      await exportDecoder(dir, { weights: "float32" });
      const tokens = tokensOf(40, index + 3, shape.vocabulary);
      const scaling = (family.config["rope_scaling"] ?? family.config["rope_parameters"]) as
        | Record<string, unknown>
        | undefined;
      const expected = reference(shape, weights, tokens, { scaling }).logits.flat();
      const model = await loadModel(dir, { threads: 1 });
      try {
        assert.deepEqual([model.check.blockDifference, model.check.leak], [0, 0]);
        const session = await model.open();
        const { logits } = await session.append(tokens);
        const furthest = logits.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))),
          0,
        );
        assert.ok(furthest < 2e-4, `${furthest}`);
        session.rewind(21);
        for (const [i, token] of tokens.slice(21).entries()) {
          const { logits: row } = await session.append([token]);
          assert.deepEqual(row, logits.slice((21 + i) * shape.vocabulary, (22 + i) * shape.vocabulary));
        }
      } finally {
        await model.close();
      }
    });
  }
});

describe("exportDecoder refuses by name", () => {
  const llama3 = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  const cases: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [
      { model_type: "gemma3_text" },
      /model_type "gemma3_text".*llama, mistral, qwen2, qwen3; export this one with Optimum/,
    ],
    [{ model_type: "smollm3", no_rope_layers: [1, 0] }, /model_type "smollm3"/],
    [{ model_type: "qwen3_moe" }, /model_type "qwen3_moe"/],
    [{ model_type: "toString" }, /model_type "toString"/],
    [{ model_type: undefined }, /model_type undefined/],
    [
      { model_type: "mistral", sliding_window: 64 },
      /sliding window of 64 tokens within a context of 300.*set max_position_embeddings to 64/,
    ],
    [{ model_type: "qwen2", use_sliding_window: true, sliding_window: 64 }, /sliding window of 64/],
    [{ layer_types: ["full_attention", "sliding_attention"] }, /layers of type "sliding_attention"/],
    [{ rope_scaling: { rope_type: "yarn", factor: 4 } }, /scaled by "yarn" \(rope_scaling\)/],
    [{ rope_scaling: { type: "dynamic", factor: 4 } }, /scaled by "dynamic"/],
    [{ rope_parameters: { ...llama3, factor: undefined } }, /no number "factor" \(rope_parameters\)/],
    [{ rope_parameters: { full_attention: llama3 } }, /several kinds \(rope_parameters\)/],
    [{ partial_rotary_factor: 0.5 }, /part of each head \(partial_rotary_factor 0\.5\)/],
    [{ hidden_act: "gelu" }, /hidden_act "gelu"/],
    [{ quantization_config: { quant_method: "gptq" } }, /quantization_config/],
    [{ hidden_size: undefined }, /no number "hidden_size"/],
    [{ num_attention_heads: 6, head_dim: undefined }, /"head_dim" 5\.33\d*, which is not a whole number/],
    [{ head_dim: 24 }, /heads of size 24 \(head_dim\), .* multiple of 16/],
    [{ num_key_value_heads: 3 }, /4 query heads for 3 key and value heads/],
    [{ model_type: "qwen2" }, /q_proj\.bias is missing/],
    [{ model_type: "qwen3" }, /q_norm\.weight is missing/],
    [{ attention_bias: true }, /q_proj\.bias is missing/],
    [{ num_hidden_layers: 1 }, /9 tensors such as model\.layers\.1\.\S+, which a plain llama decoder does not have/],
  ];
  for (const [change, message] of cases) {
    test(JSON.stringify(change), async () => {
      const dir = join(folder.path, "refused");
      await writeFamily(
        dir,
        { name: "refused", config: change },
        small,
        familyWeights({ name: "plain", config: {} }, small),
      );
      await assert.rejects(exportDecoder(dir), { code: "model_files", message });
    });
  }

  test("tensors that the config does not tell of", async () => {
    const dir = join(folder.path, "stray");
    const [family] = families.filter(({ name }) => name === "qwen2");
    assert.ok(family !== undefined);
    await writeFamily(dir, { ...family, config: {} }, small, familyWeights(family, small));
    await assert.rejects(exportDecoder(dir), {
      code: "model_files",
      message: /6 tensors such as model\.layers\.0\.self_attn\.q_proj\.bias/,
    });
  });
});

test("a window that covers the context is no window", async () => {
  const dir = join(folder.path, "window");
  const [family] = families.filter(({ name }) => name === "mistral");
  assert.ok(family !== undefined);
  const shape = { ...small, ...family.shape };
  await writeFamily(dir, family, shape, familyWeights(family, shape));
  const plain = await readFile(await exportDecoder(dir));
  await writeFile(
    join(dir, "config.json"),
    JSON.stringify({ ...configOf(shape), ...family.config, sliding_window: shape.context }),
  );
  assert.deepEqual(await readFile(await exportDecoder(dir)), plain);
});
