/** Random models of Llama's relatives: the tensors and settings that they have beyond Llama's. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seeded } from "@lenity/core";
import { configOf, randomWeights, type Shape, safetensors, type Weights } from "../src/testing/random-llama.ts";

/** A family, or a way to configure one. */
export interface Family {
  readonly name: string;
  /** Settings of config.json that differ from a plain Llama's. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Projections of each layer that have a bias, such as `self_attn.q_proj`. */
  readonly biased?: readonly string[];
  readonly headNorms?: boolean;
  readonly shape?: Partial<Shape>;
}

const qkv = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"];
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

/** Every kind of model that can be exported. */
export const families: readonly Family[] = [
  { name: "llama", config: {} },
  { name: "llama with scaled positions (llama3)", config: { rope_scaling: llama3 } },
  {
    name: "llama with newer position settings",
    config: { rope_theta: undefined, rope_parameters: { ...llama3, rope_theta: 10000 } },
  },
  {
    name: "llama with scaled positions (linear, older spelling)",
    config: { rope_scaling: { type: "linear", factor: 4 } },
  },
  {
    name: "llama with biases",
    config: { attention_bias: true, mlp_bias: true },
    biased: [...qkv, "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"],
  },
  {
    name: "mistral",
    config: { model_type: "mistral", sliding_window: null, head_dim: null },
    shape: { headSize: 16, width: 64 },
  },
  {
    name: "qwen2",
    config: {
      model_type: "qwen2",
      use_sliding_window: false,
      sliding_window: 64,
      layer_types: ["full_attention", "full_attention"],
    },
    biased: qkv,
  },
  {
    name: "qwen3",
    config: { model_type: "qwen3", attention_bias: false },
    headNorms: true,
    shape: { headSize: 32, tied: false },
  },
  {
    name: "qwen3 with biases",
    config: { model_type: "qwen3", attention_bias: true },
    headNorms: true,
    biased: [...qkv, "self_attn.o_proj"],
  },
];

/** Weights of a family: a Llama's, and what else it has. */
export function familyWeights({ biased = [], headNorms = false }: Family, shape: Shape, seed = 1): Weights {
  const weights = new Map(randomWeights(shape, seed));
  const random = seeded(seed + 1);
  const vector = (name: string, size: number, middle: number) =>
    weights.set(name, {
      shape: [size],
      values: Float32Array.from({ length: size }, () => middle + Math.round(64 * (random() - 0.5)) / 64),
    });
  for (let n = 0; n < shape.layers; n++) {
    const layer = `model.layers.${n}`;
    for (const name of biased)
      vector(`${layer}.${name}.bias`, weights.get(`${layer}.${name}.weight`)?.shape[0] ?? 0, 0);
    if (headNorms) for (const part of ["q", "k"]) vector(`${layer}.self_attn.${part}_norm.weight`, shape.headSize, 1);
  }
  return weights;
}

/** Writes the folder of such a model, not exported yet. */
export async function writeFamily(dir: string, { config }: Family, shape: Shape, weights: Weights): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), JSON.stringify({ ...configOf(shape), ...config }));
  await writeFile(join(dir, "model.safetensors"), safetensors(weights, "F32"));
}
