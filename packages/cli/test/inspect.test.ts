import assert from "node:assert/strict";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exportDecoder } from "@lenity/onnx";
import { type Form, small, temporaryFolder, writeForm, writeModel, writeTexts } from "@lenity/onnx/testing";
import { cacheCosts, inspection } from "../src/inspect.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let whole: string;
before(async () => {
  folder = await temporaryFolder();
  whole = await writeModel(folder.path, "whole");
});
after(() => folder.remove());

/**
 * What differs between the families. Paths are DIR, sizes of files and weights SIZE, and this machine's providers
 * PROVIDERS.
 */
interface Told {
  readonly form: Form | undefined;
  readonly files?: readonly string[];
  readonly weights: string;
  readonly position?: boolean;
  readonly keeps?: boolean;
  /** Whether the input that says how many rows have logits is added in memory. Default: if the file lacks it. */
  readonly addsKeep?: boolean;
  /** Of the logits, and of the caches unless they have another. */
  readonly type?: string;
  readonly cacheType?: string;
  readonly outputs?: readonly string[];
  readonly added?: readonly string[];
  readonly missing?: readonly string[];
  readonly cache: readonly [string, string];
  readonly hidden?: string;
  /** The layers whose states can be added. Default: both. */
  readonly layers?: string;
  readonly checked?: readonly string[];
  readonly warnings?: readonly string[];
  /** Why a judge that reads states of that kind cannot be fed. Default: its head is missing. */
  readonly head?: (kind: string) => string;
}

const states = (type: string) => [
  `hidden_states  ${type} [1, length, 32]`,
  `last_hidden_state  ${type} [1, length, 32]`,
];
const rows = (type: string) => `present_rows  ${type} [4, 2, length, 16]`;
const grouped = (type: string, bytes = 512): [string, string] => [
  `new-rows, ${type}: 2 layers × 2 heads × 16, ${bytes} B a token`,
  "only new rows leave the graph, but GroupQueryAttention copies its whole buffer in each step; rewinding is free",
];
const joined = (type: string, bytes = 512): [string, string] => [
  `concat, ${type}: 2 layers × 2 heads × 16, ${bytes} B a token`,
  "only new rows leave the graph, but each step copies the whole past to append them; all heads but the first are moved when tokens are added or removed",
];
const exact = [
  "blocks of up to 40 tokens give the same logits as smaller ones, to the bit",
  "tokens run alone in plain decoding only (without --block-exact): their logits differ from those of blocks by N",
  "no row depends on later tokens",
];
const normed = "post-norm rows are the pre-norm rows, normalized";
const last = "present_rows are the last rows of present";

const leaking = [
  "blocks of up to 40 tokens differ from smaller ones by N (logits range over N)",
  "tokens run alone in plain decoding only (without --block-exact): their logits differ from those of blocks by N",
  "earlier rows change by N with a later token: drafted tokens affect the verdict on the tokens before them",
  normed,
  last,
];
const leak =
  "DIR/onnx/model.onnx: a later token changes the scores of earlier ones (by N where logits span N), so drafted tokens leak into the verification of those before them: strict verification is not lossless with this file. Use a float32, float16 or 4-bit variant of the model instead.";

const families: Readonly<Record<string, Told>> = {
  "exportDecoder's own": {
    form: undefined,
    weights: "float16 (SIZE), float32 (SIZE)",
    outputs: [...states("float32"), rows("float32")],
    added: [],
    cache: grouped("float32"),
  },
  GroupQueryAttention: { form: {}, weights: "float16 (SIZE), float32 (SIZE)", cache: grouped("float32") },
  "GroupQueryAttention of float16": {
    form: { float16: true },
    weights: "float16 (SIZE), float32 (SIZE)",
    type: "float16",
    // The states are taken before they are rounded to the type of the outputs.
    added: [...states("float32"), rows("float16")],
    cache: grouped("float16", 256),
  },
  "GroupQueryAttention that returns all rows": {
    form: { keeps: false },
    weights: "float16 (SIZE), float32 (SIZE)",
    keeps: false,
    cache: grouped("float32"),
  },
  "GroupQueryAttention after RotaryEmbedding by position_ids": {
    form: { positions: true },
    weights: "float16 (SIZE), float32 (SIZE)",
    position: true,
    cache: grouped("float32"),
  },
  "4 bits on float16 (q4f16)": {
    form: { weights: "4-bit-half", float16: true },
    weights: "float32 (SIZE), 4-bit in blocks of 32 (SIZE)",
    type: "float16",
    added: [...states("float32"), rows("float16")],
    cache: grouped("float16", 256),
  },
  "onnxruntime-genai's hidden_states": {
    form: { hidden: "genai" },
    weights: "float16 (SIZE), float32 (SIZE)",
    outputs: ["hidden_states  float32 [1, length, 32]"],
    added: ["pre_norm_states  float32 [1, length, 32]", rows("float32")],
    cache: grouped("float32"),
  },
  "GroupQueryAttention of float16 with float32 outputs": {
    form: { float16: true, wideOutputs: true },
    weights: "float16 (SIZE), float32 (SIZE)",
    cacheType: "float16",
    added: [...states("float32"), rows("float16")],
    cache: grouped("float16", 256),
  },
  "transformers' last_hidden_state": {
    form: { hidden: "last_hidden_state" },
    weights: "float16 (SIZE), float32 (SIZE)",
    outputs: ["last_hidden_state  float32 [1, length, 32]"],
    added: ["hidden_states  float32 [1, length, 32]", rows("float32")],
    cache: grouped("float32"),
  },
  "states of its own": {
    form: { hidden: "both" },
    weights: "float16 (SIZE), float32 (SIZE)",
    outputs: states("float32"),
    added: [rows("float32")],
    cache: grouped("float32"),
  },
  "a fused norm that keeps the sum to itself": {
    form: { norm: "sumless" },
    weights: "float16 (SIZE), float32 (SIZE)",
    cache: grouped("float32"),
  },
  "Add and SimplifiedLayerNormalization": {
    form: { norm: "added" },
    weights: "float16 (SIZE), float32 (SIZE)",
    cache: grouped("float32"),
  },
  "LayerNormalization with bias": {
    form: { norm: "layer" },
    weights: "float16 (SIZE), float32 (SIZE)",
    cache: grouped("float32"),
  },
  "4 bits with integer sums": {
    form: { weights: "4-bit-integer" },
    weights: "float32 (SIZE), 4-bit in blocks of 32 (SIZE)",
    cache: grouped("float32"),
  },
  "8 bits with integer sums": {
    form: { weights: "8-bit-integer" },
    weights: "8-bit in blocks of 32 (SIZE), float32 (SIZE)",
    cache: grouped("float32"),
  },
  "weights in two other files": {
    form: { shards: ["w.data", "w.data_1"] },
    files: ["onnx/w.data  SIZE", "onnx/w.data_1  SIZE"],
    weights: "float16 (SIZE), float32 (SIZE); stored in onnx/w.data, onnx/w.data_1",
    cache: grouped("float32"),
  },
  "4 bits": {
    form: { weights: "4-bit" },
    weights: "float32 (SIZE), 4-bit in blocks of 32 (SIZE)",
    cache: grouped("float32"),
  },
  "8 bits": {
    form: { weights: "8-bit" },
    weights: "8-bit in blocks of 32 (SIZE), float32 (SIZE)",
    cache: grouped("float32"),
  },
  "weights in another file": {
    form: { shards: ["model.onnx_data"] },
    files: ["onnx/model.onnx_data  SIZE"],
    weights: "float16 (SIZE), float32 (SIZE); stored in onnx/model.onnx_data",
    cache: grouped("float32"),
  },
  "Optimum's": {
    form: { concat: true, norm: "unfused" },
    weights: "float16 (SIZE), float32 (SIZE)",
    position: true,
    keeps: false,
    cache: joined("float32"),
  },
  "Optimum's of float16 without position_ids": {
    form: { concat: true, norm: "unfused", float16: true, positions: false },
    weights: "float16 (SIZE), float32 (SIZE)",
    type: "float16",
    keeps: false,
    added: [...states("float32"), rows("float16")],
    cache: joined("float16", 256),
  },
  "Optimum's without position_ids": {
    form: { concat: true, norm: "unfused", positions: false },
    weights: "float16 (SIZE), float32 (SIZE)",
    keeps: false,
    cache: joined("float32"),
  },
  "Optimum's with num_logits_to_keep": {
    form: { concat: true, norm: "unfused", keeps: true },
    weights: "float16 (SIZE), float32 (SIZE)",
    position: true,
    cache: joined("float32"),
  },
  "Optimum's of float16": {
    form: { concat: true, norm: "unfused", float16: true },
    weights: "float16 (SIZE), float32 (SIZE)",
    type: "float16",
    position: true,
    keeps: false,
    added: [...states("float32"), rows("float16")],
    cache: joined("float16", 256),
  },
  "Optimum's in 4 bits": {
    form: { concat: true, norm: "unfused", weights: "4-bit" },
    weights: "float32 (SIZE), 4-bit in blocks of 32 (SIZE)",
    position: true,
    keeps: false,
    cache: joined("float32"),
  },
  "Optimum's in int8, which leaks": {
    form: { concat: true, norm: "unfused", weights: "int8" },
    weights: "float32 (SIZE), int8 (SIZE)",
    position: true,
    keeps: false,
    addsKeep: false,
    cache: joined("float32"),
    checked: leaking,
    warnings: [leak],
  },
  "a leaking one": {
    form: { weights: "int8" },
    weights: "float32 (SIZE), int8 (SIZE)",
    cache: grouped("float32"),
    checked: leaking,
    warnings: [leak],
  },
  "one that nothing can be added to": {
    form: { taken: ["last_hidden_state", "present_rows"] },
    weights: "float16 (SIZE), float32 (SIZE)",
    added: [],
    missing: [
      "Hidden states are not available: their names are used for other values in the graph.",
      "New cache rows cannot be fetched separately: the name present_rows is used for another value in the graph.",
    ],
    cache: [
      "in-place, float32: 2 layers × 2 heads × 16, 512 B a token",
      "each step copies the whole cache in place; rewinding is free",
    ],
    hidden: "none",
    layers: "layer 1",
    checked: exact,
    head: (kind) =>
      `reads ${kind} hidden states, which this model does not return. Load or export the model with them, or choose a policy without a judge.`,
  },
};

const rowless =
  "compares the target's rows with the drafter's, and the drafter \"lookup\" only proposes tokens. Use a draft model, or a policy that reads only the target.";

const block = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];

function expected(told: Told): string {
  const {
    files = [],
    type = "float32",
    position = false,
    keeps = true,
    addsKeep = !keeps,
    outputs = [],
    missing = [],
    warnings = [],
  } = told;
  const { cacheType = type } = told;
  const { head = (_: string, judge: string) => `needs a trained head: put ${judge}.json into the folder.` } = told;
  return [
    "DIR",
    "  files",
    ...["config.json  SIZE", "model.safetensors  SIZE", "onnx/model.onnx  SIZE", ...files].map((line) => `    ${line}`),
    "  model       DIR/onnx/model.onnx",
    `  weights     ${told.weights}`,
    ...block("inputs", [
      ...(position ? ["position_ids  int64 [1, length]"] : []),
      "input_ids  int64 [1, length]",
      "attention_mask  int64 [1, total]",
      ...(keeps ? ["num_logits_to_keep  int64 []"] : []),
      `past_key_values.*.key|value  ${cacheType} [1, 2, past_length, 16]`,
    ]),
    ...block("outputs", [
      `logits  ${type} [1, kept, 50]`,
      `present.*.key|value  ${cacheType} [1, 2, present_length, 16]`,
      ...outputs,
    ]),
    ...block("added in memory", [
      ...(addsKeep ? ["num_logits_to_keep  int64 []"] : []),
      ...(told.added ?? [...states(type), rows(type)]),
    ]),
    ...block("not available", missing),
    `  cache       ${told.cache[0]}`,
    `              ${told.cache[1]}`,
    "  context     300 tokens",
    "  vocabulary  50, end tokens: 0",
    `  hidden      ${told.hidden ?? "pre-norm (32), post-norm (32)"}`,
    `              of ${told.layers ?? "layers 1 to 2"}, if a head reads it`,
    "  providers   PROVIDERS",
    "  device      cpu: No other device was requested.",
    ...block("checked at load", told.checked ?? [...exact, normed, last]),
    ...block("warnings", warnings),
    "  policies    with a draft model / with prompt lookup",
    "    strict    yes / yes",
    "    block     yes / yes",
    `    judi      yes / no  needs a draft model: ${rowless}`,
    `    bounded   yes / no  needs a draft model, a temperature above 0: ${rowless}`,
    `    judge     no / no  needs pre-norm hidden states: ${head("pre-norm", "judge")}`,
    `    autojudge no / no  needs post-norm hidden states, temperature 0: ${head("post-norm", "autojudge")}`,
    "    thinking  no / no  needs the text of tokens: put tokenizer.json into the folder.",
  ].join("\n");
}

/** The text without what differs between machines. */
function neutral(text: string, dir: string, leaks: boolean): string {
  const lines = text
    .replaceAll(dir, "DIR")
    .split("\n")
    .map((line) => {
      if (/^ {2}weights| {2}\d\S* [kM]?B$/.test(line)) return line.replace(/\d[\d.]* [kM]?B/g, "SIZE");
      if (/^ {2}providers/.test(line)) return line.replace(/cpu.*/, "PROVIDERS");
      if (leaks) return line.replace(/(?<=by |over |span )\d[\d.e-]*/g, "N");
      return line.replace(/(?<=from those of blocks by )\d[\d.e-]*/, "N");
    });
  return lines.join("\n");
}

test("lenity inspect tells everything of an export for long contexts", async () => {
  const dir = join(folder.path, "long");
  await cp(whole, dir, { recursive: true });
  await exportDecoder(dir, { attention: "split" });
  const own = expected(families["exportDecoder's own"] as Told);
  const long = own
    .replace(
      "float32 [1, 2, past_length, 16]",
      "float32 [past_rows, 2, 16]\n    tail_values.*  float32 [tail_rows, 2, 16]",
    )
    .replace("    present.*.key|value  float32 [1, 2, present_length, 16]\n", "")
    .replace("float32 [4, 2, length, 16]", "float32 [4, length, 2, 16]")
    .replace("  cache       new-rows", "  cache       split")
    .replace(/only new rows leave .* in each step/, "a step copies its new rows and at most 256 rows before them")
    .replace(/tokens run alone .*/, "tokens that run alone give the same logits as blocks, to the bit, and always do");
  assert.equal(neutral(await inspection(dir, {}), dir, false), long);
});

test("lenity inspect tells of the presets that heads and a tokenizer of the folder's own bring", async () => {
  const dir = join(folder.path, "fed");
  await cp(whole, dir, { recursive: true });
  await writeTexts(
    dir,
    Array.from({ length: small.vocabulary }, (_, id) => String.fromCharCode(97 + id)),
  );
  await writeFile(
    join(dir, "judge.json"),
    JSON.stringify({ hidden: "pre-norm", weight: new Array(small.width).fill(0), bias: 0 }),
  );
  const told = (await inspection(dir, {})).split("\n");
  assert.ok(told.includes("    thinking  yes / yes"), told.slice(-8).join("\n"));
  assert.ok(told.includes("    judge     yes / yes  needs pre-norm hidden states"));
  assert.ok(
    told.some(
      (line) => line.startsWith("    autojudge no / no  ") && line.endsWith("put autojudge.json into the folder."),
    ),
  );
});

test("lenity inspect tells of the hidden states of layers that heads in the folder read", async () => {
  const dir = join(folder.path, "layered");
  await cp(whole, dir, { recursive: true });
  const weight = new Array(small.width).fill(0);
  const write = (name: string, head: object) => writeFile(join(dir, name), JSON.stringify(head));
  await write("judge.json", { hidden: "layer-1", weight, bias: 0 });
  await write("autojudge.json", { features: "both", mean: weight, scale: weight.map(() => 1), weight, bias: 0 });
  const told = (await inspection(dir, {})).split("\n");
  for (const line of [
    "  added in memory",
    "    lenity/layer-1  float32 [1, length, 32]",
    "    lenity/layer-1-norm  float32 [1, length, 32]",
    "  hidden      pre-norm (32), post-norm (32), layer-1 (32), layer-1-norm (32)",
    "              of layers 1 to 2, if a head reads it",
    "    layer-1-norm rows are the layer-1 rows, normalized",
    "    judge     yes / yes  needs layer-1 hidden states",
    '    autojudge yes / no  needs a draft model, post-norm hidden states, post-norm hidden states of the draft, temperature 0: reads post-norm hidden states of the draft, which the drafter "lookup" does not return. Use a draft model that is loaded with them, or a judge that reads only the target.',
  ])
    assert.ok(told.includes(line), `${line}\n${told.join("\n")}`);
});

test("lenity inspect takes the only model there is under a name of its own, or the one that is named", async () => {
  const dir = join(folder.path, "strange");
  await cp(whole, dir, { recursive: true });
  const [phi, other] = [join("onnx", "phi3-cpu-int4.onnx"), join("onnx", "other.onnx")];
  await rename(join(dir, "onnx", "model.onnx"), join(dir, phi));
  const told = await inspection(dir, {});
  assert.ok(told.includes(`  model       ${join(dir, phi)}\n`));
  assert.ok(told.includes(`  notes\n    ${phi} is used as the model: no file has a usual name`));
  await cp(join(dir, phi), join(dir, other));
  await assert.rejects(inspection(dir, {}), {
    code: "model_files",
    message: /does have onnx.other\.onnx, onnx.phi3-cpu-int4\.onnx: name one/,
  });
  const named = await inspection(dir, { file: other });
  assert.ok(named.includes(`  model       ${join(dir, other)}\n`) && !named.includes("  notes"));
});

describe("lenity inspect tells everything of a file of the form", () => {
  for (const [name, told] of Object.entries(families)) {
    test(name, async () => {
      const dir = join(folder.path, "model");
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir);
      await cp(whole, dir, { recursive: true });
      if (told.form !== undefined)
        await writeForm(dir, join("onnx", "model.onnx"), small, { hidden: "none", ...told.form });
      assert.equal(neutral(await inspection(dir, {}), dir, told.warnings !== undefined), expected(told));
    });
  }
});

test("lenity inspect tells what other programs do in ways of their own", async () => {
  const dir = join(folder.path, "odd");
  await cp(whole, dir, { recursive: true });
  const told = async (form: Form) => {
    await writeForm(dir, join("onnx", "model.onnx"), small, { hidden: "none", ...form });
    return (await inspection(dir, {})).split("\n");
  };
  const has = (lines: readonly string[], ...wanted: readonly string[]) => {
    for (const line of wanted) assert.ok(lines.includes(line), `${line}\n\n${lines.join("\n")}`);
  };
  has(
    await told({ named: "head size", int32: true }),
    "    input_ids  int32 [1, length]",
    "    past_key_values.*.key|value  float32 [1, 2, past_length, kv_cache_dim]",
    "  cache       new-rows, float32: 2 layers × 2 heads × 16, 512 B a token",
  );
  has(
    await told({ window: 64, sliding: true }),
    "              a sliding window of 64 tokens; rows that leave it are kept",
  );
  has(
    await told({ combined: true }),
    "    past_*  float32 [2, 1, 2, past_length, 16]",
    "    present_*  float32 [2, 1, 2, present_length, 16]",
    "  cache       new-rows, float32: 2 layers × 2 heads × 16, 512 B a token",
  );
  const pruned = await told({ pruned: true });
  has(
    pruned,
    "    logits  float32 [1, 1, 50]",
    "    the last rows of blocks of up to 40 tokens give the same logits as smaller ones, to the bit",
    "    scores only the last position of a block: cannot verify drafts",
    "  policies    none: this model cannot verify drafts, so answers are decoded plainly",
  );
  assert.ok(
    pruned.some((line) =>
      /model\.onnx: the graph scores only the last position of a block, .*prune_lm_head=false\)\.$/.test(line),
    ),
  );
  const { policies } = JSON.parse(await inspection(dir, { json: true }));
  for (const { model, lookup, missing } of policies) {
    assert.deepEqual([model, lookup], [false, false]);
    assert.match(missing, /this model scores only the last position of a block\. Set the number of draft tokens to 0/);
  }
  assert.ok((await inspection(dir, { context: 120 })).includes("\n  context     120 tokens\n"));
});

test("a cache on WebGPU is told to stay there, unless the graph reads it as it lies in memory", () => {
  const shape = {
    layers: 1,
    groups: 2,
    headSize: 16,
    precision: "float32",
    newRows: false,
    bytesPerToken: 256,
  } as const;
  const told = (name: "cpu" | "webgpu", family: "concat" | "split") =>
    cacheCosts({ device: { name, why: "" }, cache: { ...shape, family } });
  assert.equal(told("webgpu", "concat"), "stays on the device; rewinding copies what is kept, on the device");
  assert.match(told("webgpu", "split"), /at most 256 rows before them; rewinding is free$/);
  assert.match(told("cpu", "concat"), /copies it out again; all heads but the first are moved/);
});
