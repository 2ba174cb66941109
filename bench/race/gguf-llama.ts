/** A Llama model of a Hugging Face folder as a GGUF file. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DecoderConfig, openTensors, readDecoderConfig, type Tensors } from "@lenity/onnx/testing";
import { type GgufKind, type GgufTensor, type GgufValue, writeGguf } from "./gguf.ts";
import { storedBytes, storedSize } from "./gguf-blocks.ts";

/** Kinds of weights, as the file's `general.file_type`. */
const fileTypes: Readonly<Record<GgufKind, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7 };

/**
 * Writes the model with matrices of that kind and vectors in float32. In 4 bits the embedding, which is also the output
 * matrix, has 8, as llama.cpp's own converter keeps it more exact. Rejects with `model_files` if the folder has no
 * weights, and with a RangeError for models other than plain Llama.
 */
export async function exportGguf(folder: string, file: string, kind: GgufKind): Promise<void> {
  const config = await readDecoderConfig(folder);
  if (config.family !== "llama" || !config.tied || config.bias.qkv || config.bias.output || config.bias.mlp)
    throw new RangeError(`${folder} is not a Llama model with tied embeddings and without biases.`);
  const weights = await openTensors(folder);
  try {
    writeGguf(file, await valuesOf(folder, config, kind), tensorsOf(config, weights, kind));
  } finally {
    weights.close();
  }
}

function tensorsOf(config: DecoderConfig, weights: Tensors, kind: GgufKind): GgufTensor[] {
  const { width, inner, vocabulary, layers, heads, groups, headSize } = config;
  const make = (name: string, source: string, shape: readonly number[], kind: GgufKind, order = same): GgufTensor => {
    const read = weights.find(source, shape);
    const count = shape.reduce((product, size) => product * size, 1);
    return { name, shape, kind, size: storedSize(kind, count), bytes: () => storedBytes(kind, order(read())) };
  };
  const matrix = (name: string, source: string, rows: number, columns: number, order = same) =>
    make(`${name}.weight`, `${source}.weight`, [rows, columns], kind, order);
  const vector = (name: string, source: string) => make(`${name}.weight`, `${source}.weight`, [width], "f32");
  const layer = (n: number): GgufTensor[] => {
    const [to, from] = [`blk.${n}`, `model.layers.${n}`];
    const paired = (count: number) => (rows: Float32Array) => pairedRows(rows, count, headSize);
    return [
      vector(`${to}.attn_norm`, `${from}.input_layernorm`),
      matrix(`${to}.attn_q`, `${from}.self_attn.q_proj`, heads * headSize, width, paired(heads)),
      matrix(`${to}.attn_k`, `${from}.self_attn.k_proj`, groups * headSize, width, paired(groups)),
      matrix(`${to}.attn_v`, `${from}.self_attn.v_proj`, groups * headSize, width),
      matrix(`${to}.attn_output`, `${from}.self_attn.o_proj`, width, heads * headSize),
      vector(`${to}.ffn_norm`, `${from}.post_attention_layernorm`),
      matrix(`${to}.ffn_gate`, `${from}.mlp.gate_proj`, inner, width),
      matrix(`${to}.ffn_up`, `${from}.mlp.up_proj`, inner, width),
      matrix(`${to}.ffn_down`, `${from}.mlp.down_proj`, width, inner),
    ];
  };
  const table = kind === "q4_0" ? "q8_0" : kind;
  return [
    make("token_embd.weight", "model.embed_tokens.weight", [vocabulary, width], table),
    vector("output_norm", "model.norm"),
    ...Array.from({ length: layers }, (_, n) => layer(n)).flat(),
  ];
}

const same = (rows: Float32Array): Float32Array => rows;

/**
 * The rows of queries or keys in the order that llama.cpp rotates: Hugging Face rotates row i of a head with row
 * i + headSize / 2, llama.cpp rows 2i and 2i + 1 (LLAMA_ROPE_TYPE_NORM).
 */
export function pairedRows(rows: Float32Array, heads: number, headSize: number): Float32Array {
  const columns = rows.length / (heads * headSize);
  const out = new Float32Array(rows.length);
  for (let row = 0; row < heads * headSize; row++) {
    const [head, at] = [Math.floor(row / headSize), row % headSize];
    const from = head * headSize + Math.floor(at / 2) + (at % 2) * (headSize / 2);
    out.set(rows.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return out;
}

async function valuesOf(
  folder: string,
  config: DecoderConfig,
  kind: GgufKind,
): Promise<Readonly<Record<string, GgufValue>>> {
  const raw = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  const uint = (value: number): GgufValue => ({ type: "uint32", value });
  const float = (value: number): GgufValue => ({ type: "float32", value });
  const string = (value: string): GgufValue => ({ type: "string", value });
  return {
    "general.architecture": string("llama"),
    "general.file_type": uint(fileTypes[kind]),
    "llama.block_count": uint(config.layers),
    "llama.context_length": uint(config.context),
    "llama.embedding_length": uint(config.width),
    "llama.feed_forward_length": uint(config.inner),
    "llama.attention.head_count": uint(config.heads),
    "llama.attention.head_count_kv": uint(config.groups),
    "llama.attention.key_length": uint(config.headSize),
    "llama.attention.value_length": uint(config.headSize),
    "llama.attention.layer_norm_rms_epsilon": float(config.epsilon),
    "llama.rope.dimension_count": uint(config.headSize),
    "llama.rope.freq_base": float(raw.rope_theta ?? 10_000),
    "llama.vocab_size": uint(config.vocabulary),
    ...(await vocabularyValues(folder, config, raw.eos_token_id)),
  };
}

/**
 * The tokens and merges. Lanes get and give ids, so only the end of an answer depends on this: the tokenizer's own way
 * to cut texts is not carried over.
 */
async function vocabularyValues(
  folder: string,
  { vocabulary }: DecoderConfig,
  eos: number,
): Promise<Readonly<Record<string, GgufValue>>> {
  const { model, added_tokens: added } = JSON.parse(await readFile(join(folder, "tokenizer.json"), "utf8"));
  const tokens = Array.from({ length: vocabulary }, (_, id) => `[UNUSED${id}]`);
  const kinds = new Array<number>(vocabulary).fill(tokenKinds.unused);
  for (const [token, id] of Object.entries(model.vocab as Record<string, number>)) {
    tokens[id] = token;
    kinds[id] = tokenKinds.normal;
  }
  for (const { id, content } of added as readonly { readonly id: number; readonly content: string }[]) {
    tokens[id] = content;
    kinds[id] = tokenKinds.control;
  }
  const merges = (model.merges as readonly (string | readonly string[])[]).map((merge) =>
    typeof merge === "string" ? merge : merge.join(" "),
  );
  return {
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "gpt-2" },
    "tokenizer.ggml.tokens": { type: "strings", value: tokens },
    "tokenizer.ggml.token_type": { type: "int32s", value: kinds },
    "tokenizer.ggml.merges": { type: "strings", value: merges },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: eos },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: eos },
  };
}

/** llama.cpp's types of tokens. */
const tokenKinds = { normal: 1, control: 3, unused: 5 };
