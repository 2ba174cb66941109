/**
 * The forms in which decoders are found in the wild: what each is given, and that it then does all that
 * `exportDecoder`'s own files do.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decode, type HiddenKind, modelDrafter, type Session } from "@lenity/core";
import { loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

interface Family {
  /** As it is found: without the outputs that are added. */
  readonly form: Form;
  readonly family: OnnxModel["graph"]["family"];
  readonly weights: string;
  readonly added?: readonly string[];
  /** The same model with states of its own, when `hidden: "both"` alone does not make it. */
  readonly own?: Form;
  /**
   * max |difference| of logits, which span 43, between cuts of one text. Default: none, to the bit. Only matrices whose
   * scales follow from a whole block of rows need more.
   */
  readonly cuts?: number;
  /**
   * max |difference| of hidden states from the file's own, where those are rounded to float16 and the tapped ones are
   * not.
   */
  readonly rounding?: number;
}

const all = ["hidden_states", "last_hidden_state", "present_rows"];
const families: Readonly<Record<string, Family>> = {
  GroupQueryAttention: { form: {}, family: "new-rows", weights: "float16" },
  "GroupQueryAttention that returns all rows": { form: { keeps: false }, family: "new-rows", weights: "float16" },
  "GroupQueryAttention of float16": {
    form: { float16: true },
    family: "new-rows",
    weights: "float16",
    rounding: 0.004,
  },
  "GroupQueryAttention of float16 with float32 outputs": {
    form: { float16: true, wideOutputs: true },
    family: "new-rows",
    weights: "float16",
  },
  "GroupQueryAttention after RotaryEmbedding by position_ids": {
    form: { positions: true },
    family: "new-rows",
    weights: "float16",
  },
  "GroupQueryAttention of float16 after RotaryEmbedding by position_ids": {
    form: { positions: true, float16: true },
    family: "new-rows",
    weights: "float16",
    rounding: 0.004,
  },
  "onnxruntime-genai's hidden_states": {
    form: { hidden: "genai" },
    family: "new-rows",
    weights: "float16",
    added: ["pre_norm_states", "present_rows"],
  },
  "transformers' last_hidden_state": {
    form: { hidden: "last_hidden_state" },
    family: "new-rows",
    weights: "float16",
    added: ["hidden_states", "present_rows"],
  },
  "states of its own": { form: { hidden: "both" }, family: "new-rows", weights: "float16", added: ["present_rows"] },
  "a fused norm that keeps the sum to itself": {
    form: { norm: "sumless" },
    own: {},
    family: "new-rows",
    weights: "float16",
  },
  "Add and SimplifiedLayerNormalization": { form: { norm: "added" }, family: "new-rows", weights: "float16" },
  "LayerNormalization with bias": { form: { norm: "layer" }, family: "new-rows", weights: "float16" },
  "4-bit matrices": { form: { weights: "4-bit" }, family: "new-rows", weights: "4-bit in blocks of 32" },
  "4-bit matrices with integer sums": {
    form: { weights: "4-bit-integer" },
    family: "new-rows",
    weights: "4-bit in blocks of 32",
  },
  "4-bit matrices on float16 (q4f16)": {
    form: { weights: "4-bit-half", float16: true },
    family: "new-rows",
    weights: "4-bit in blocks of 32",
    rounding: 0.004,
  },
  "8-bit matrices": { form: { weights: "8-bit" }, family: "new-rows", weights: "8-bit in blocks of 32" },
  "8-bit matrices with integer sums": {
    form: { weights: "8-bit-integer" },
    family: "new-rows",
    weights: "8-bit in blocks of 32",
  },
  "int8 matrices with dynamic scales": { form: { weights: "int8" }, family: "new-rows", weights: "int8", cuts: 2 },
  "weights in two other files": { form: { shards: ["w.data", "w.data_1"] }, family: "new-rows", weights: "float16" },
  "cache shapes with a name for the head size": {
    form: { named: "head size" },
    family: "new-rows",
    weights: "float16",
  },
  "cache shapes with names for heads and head size": {
    form: { named: "both" },
    family: "new-rows",
    weights: "float16",
  },
  "inputs of int32": { form: { int32: true, positions: true }, family: "new-rows", weights: "float16" },
  "a mask of float32": { form: { mask: "float32" }, family: "new-rows", weights: "float16" },
  "Optimum's form with a mask of float16": {
    form: { concat: true, norm: "unfused", mask: "float16" },
    family: "concat",
    weights: "float16",
  },
  "Optimum's form with a mask of truth values": {
    form: { concat: true, norm: "unfused", mask: "bool" },
    family: "concat",
    weights: "float16",
  },
  "sliding caches": { form: { window: 32, sliding: true }, family: "new-rows", weights: "float16" },
  "sliding caches of float16 with names for heads and head size": {
    form: { window: 32, sliding: true, named: "both", float16: true },
    family: "new-rows",
    weights: "float16",
    rounding: 0.004,
  },
  "key and value in one tensor": { form: { combined: true }, family: "new-rows", weights: "float16" },
  "Optimum's form with key and value in one tensor": {
    form: { concat: true, norm: "unfused", combined: true },
    family: "concat",
    weights: "float16",
  },
  "Optimum's form of float16 with key and value in one tensor": {
    form: { concat: true, norm: "unfused", combined: true, float16: true },
    family: "concat",
    weights: "float16",
    rounding: 0.004,
  },
  "Optimum's form with inputs of int32 and names for heads and head size": {
    form: { concat: true, norm: "unfused", int32: true, named: "both" },
    family: "concat",
    weights: "float16",
  },
  "Optimum's form": { form: { concat: true, norm: "unfused" }, family: "concat", weights: "float16" },
  "Optimum's form without position_ids": {
    form: { concat: true, norm: "unfused", positions: false },
    family: "concat",
    weights: "float16",
  },
  "Optimum's form with num_logits_to_keep": {
    form: { concat: true, norm: "unfused", keeps: true },
    family: "concat",
    weights: "float16",
  },
  "Optimum's form of float16": {
    form: { concat: true, norm: "unfused", float16: true },
    family: "concat",
    weights: "float16",
    rounding: 0.004,
  },
  "Optimum's form in 4 bits": {
    form: { concat: true, norm: "unfused", weights: "4-bit" },
    family: "concat",
    weights: "4-bit in blocks of 32",
  },
  "Optimum's form in 4 bits on float16 (q4f16)": {
    form: { concat: true, norm: "unfused", weights: "4-bit-half", float16: true },
    family: "concat",
    weights: "4-bit in blocks of 32",
    rounding: 0.004,
  },
  "Optimum's form in int8": {
    form: { concat: true, norm: "unfused", weights: "int8" },
    family: "concat",
    weights: "int8",
    cuts: 2,
  },
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
let draft: OnnxModel;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
  draft = await loadModel(await writeModel(folder.path, "draft", { ...small, layers: 1 }, 5), { threads: 1 });
});
after(async () => {
  await draft.close();
  await folder.remove();
});

const tokens = tokensOf(150);
const kinds: readonly HiddenKind[] = ["pre-norm", "post-norm"];

async function inBlocks(session: Session, text: readonly number[], size: number): Promise<Float32Array> {
  const rows: number[] = [];
  for (let at = 0; at < text.length; at += size) rows.push(...(await session.append(text.slice(at, at + size))).logits);
  return Float32Array.from(rows);
}

async function statesOf(model: OnnxModel, kind: HiddenKind): Promise<Float32Array> {
  const { hidden } = await (await model.open()).append(tokens, { hidden: kind });
  return hidden as Float32Array;
}

function assertClose(found: Float32Array, expected: Float32Array, most: number): void {
  if (most === 0) {
    assert.deepEqual(found, expected);
    return;
  }
  assert.equal(found.length, expected.length);
  const furthest = found.reduce((max, value, i) => Math.max(max, Math.abs(value - (expected[i] as number))), 0);
  assert.ok(furthest <= most, String(furthest));
}

for (const [name, { form, family, weights, added = all, own = form, cuts = 0, rounding = 0 }] of Object.entries(
  families,
)) {
  describe(name, () => {
    let model: OnnxModel;
    before(async () => {
      await writeForm(dir, "found.onnx", small, { hidden: "none", ...form });
      model = await loadModel(dir, { threads: 1, file: "found.onnx" });
    });
    after(() => model.close());
    const fresh = async (text: readonly number[]) => (await (await model.open()).append(text)).logits;

    test("is known for what it is, and is given what it lacks", () => {
      const { graph } = model;
      const formats = graph.weights.map(({ format }) => format);
      assert.deepEqual([graph.family, graph.newRows, graph.added, graph.missing], [family, true, added, []]);
      assert.deepEqual(model.hidden, { "pre-norm": small.width, "post-norm": small.width });
      assert.ok(formats.includes(weights), formats.join());
    });

    test("scores a text the same singly, in blocks and after rewinding", async () => {
      const whole = await fresh(tokens);
      for (const size of [1, 2, 5, 64]) assertClose(await inBlocks(await model.open(), tokens, size), whole, cuts);
      const session = await model.open();
      await session.append(tokensOf(140, 9));
      for (const length of [70, 3, 0]) {
        session.rewind(0);
        await session.append(tokens.slice(0, length));
        await session.append(tokensOf(9, length));
        session.rewind(length);
        assertClose((await session.append(tokens.slice(length))).logits, whole.slice(length * small.vocabulary), cuts);
      }
    });

    test("gives the states that the same model gives as outputs of its own", async () => {
      await writeForm(dir, "own.onnx", small, { ...own, hidden: "both", newRows: true });
      const reference = await loadModel(dir, { threads: 1, file: "own.onnx" });
      assert.deepEqual(reference.graph.added, []);
      for (const kind of kinds) assertClose(await statesOf(model, kind), await statesOf(reference, kind), rounding);
      await reference.close();
    });

    if (cuts === 0) {
      test("lets strict decoding say, to the token, what plain decoding says", async () => {
        const say = async (drafter?: ReturnType<typeof onnxDrafter>) => {
          const said: number[] = [];
          for await (const event of decode(tokensOf(9, 8), {
            ...{ target: model, drafter, draftTokens: 8, maxTokens: 60, blockExact: true },
          })) {
            if (event.type === "round") said.push(...event.tokens.map(({ token }) => token));
          }
          return said;
        };
        const plain = await say();
        assert.deepEqual(await say(onnxDrafter(draft)), plain);
        assert.deepEqual(await say(modelDrafter(model)), plain);
        assert.deepEqual([model.check.blockDifference, model.check.leak, model.warnings], [0, 0, []]);
      });
    } else {
      test("warns that later tokens change earlier rows, and says what to take", () => {
        assert.ok(model.check.leak > 0);
        assert.equal(model.warnings.length, 1);
        assert.match(
          model.warnings[0] as string,
          /found\.onnx: a later token changes the scores of earlier ones \(by 0\.\d+ where logits span 4\d\).*not lossless with this file\. Use the folder's variant fp32 \(by dtype\) instead\.$/,
        );
      });
    }
  });
}
