/** Small Llama models with random weights, written as ordinary model folders. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Random, seeded } from "@lenity/core";
import { exportDecoder } from "../export/export-decoder.ts";
import { toFloat16 } from "../onnx-file/float16.ts";

export interface Shape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly groups: number;
  readonly headSize: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly tied: boolean;
}

export const small: Shape = {
  width: 32,
  layers: 2,
  heads: 4,
  groups: 2,
  headSize: 16,
  inner: 48,
  vocabulary: 50,
  context: 300,
  tied: true,
};

export type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/**
 * Weights that keep activations near 1 and logits a few units apart. Every value is a float16 number, so storing them
 * as float16 is exact.
 */
export function randomWeights(shape: Shape, seed = 1): Weights {
  const { width, layers, heads, groups, headSize, inner, vocabulary, tied } = shape;
  const random = seeded(seed);
  const weights = new Map<string, { shape: number[]; values: Float32Array }>();
  const matrix = (name: string, to: number, from: number, scale = 1 / Math.sqrt(from)) =>
    weights.set(name, {
      shape: [to, from],
      values: Float32Array.from({ length: to * from }, () => onGrid(scale * normal(random))),
    });
  const norm = (name: string) =>
    weights.set(name, {
      shape: [width],
      values: Float32Array.from({ length: width }, () => onGrid(1 + 0.2 * normal(random))),
    });
  matrix("model.embed_tokens.weight", vocabulary, width, 1);
  for (let n = 0; n < layers; n++) {
    const layer = `model.layers.${n}`;
    norm(`${layer}.input_layernorm.weight`);
    matrix(`${layer}.self_attn.q_proj.weight`, heads * headSize, width);
    matrix(`${layer}.self_attn.k_proj.weight`, groups * headSize, width);
    matrix(`${layer}.self_attn.v_proj.weight`, groups * headSize, width);
    matrix(`${layer}.self_attn.o_proj.weight`, width, heads * headSize);
    norm(`${layer}.post_attention_layernorm.weight`);
    matrix(`${layer}.mlp.gate_proj.weight`, inner, width);
    matrix(`${layer}.mlp.up_proj.weight`, inner, width);
    matrix(`${layer}.mlp.down_proj.weight`, width, inner);
  }
  norm("model.norm.weight");
  if (!tied) matrix("lm_head.weight", vocabulary, width);
  return weights;
}

/** Rounds to a grid of 1/256, which float16 represents exactly up to 8. */
const onGrid = (value: number) => Math.round(value * 256) / 256;

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** config.json as Hugging Face writes it. */
export function configOf(shape: Shape): Record<string, unknown> {
  return {
    model_type: "llama",
    hidden_size: shape.width,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.groups,
    head_dim: shape.headSize,
    intermediate_size: shape.inner,
    vocab_size: shape.vocabulary,
    max_position_embeddings: shape.context,
    rope_theta: 10000,
    rms_norm_eps: 1e-5,
    hidden_act: "silu",
    tie_word_embeddings: shape.tied,
    eos_token_id: 0,
  };
}

/** A safetensors file with all tensors of one type. */
export function safetensors(weights: Weights, type: "F32" | "F16" | "BF16" = "F16"): Uint8Array {
  const header: Record<string, unknown> = {};
  const bodies: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, values }] of weights) {
    const body = encode(values, type);
    header[name] = { dtype: type, shape, data_offsets: [offset, offset + body.length] };
    offset += body.length;
    bodies.push(body);
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, ...bodies]);
}

function encode(values: Float32Array, type: "F32" | "F16" | "BF16"): Uint8Array {
  if (type === "F32") return new Uint8Array(values.slice().buffer);
  if (type === "F16") return new Uint8Array(Uint16Array.from(values, toFloat16).buffer);
  return new Uint8Array(Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16).buffer);
}

/** Writes a model folder, ready to load. Returns its path. */
export async function writeModel(parent: string, name: string, shape: Shape = small, seed = 1): Promise<string> {
  const dir = join(parent, name);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), JSON.stringify(configOf(shape)));
  await writeFile(join(dir, "model.safetensors"), safetensors(randomWeights(shape, seed)));
  await exportDecoder(dir);
  return dir;
}

/** Creates a temporary folder; the test file must remove it. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "lenity-onnx-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Pseudorandom tokens, the same for the same seed. */
export function tokensOf(length: number, seed = 1, vocabulary: number = small.vocabulary): number[] {
  const random = seeded(seed);
  return Array.from({ length }, () => 1 + Math.floor(random() * (vocabulary - 1)));
}
