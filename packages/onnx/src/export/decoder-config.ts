import { join } from "node:path";
import { LenityError } from "@lenity/core";
import { filesIn } from "../folder/disk-files.ts";
import { missing, readJson } from "../folder/read-files.ts";
import { type RotaryConfig, readRotary } from "./rotary.ts";

/** The shape of a decoder, as its config.json describes it. */
export interface DecoderConfig extends RotaryConfig {
  /** Hugging Face's model_type. */
  readonly family: string;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads, each shared by heads / groups query heads. */
  readonly groups: number;
  readonly headSize: number;
  /** Width of the MLP's hidden layer. */
  readonly inner: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly epsilon: number;
  /** Whether the output matrix is the embedding. */
  readonly tied: boolean;
  /** Which projections have a bias. */
  readonly bias: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean };
  /** Whether queries and keys are normed head by head before they are rotated. */
  readonly headNorms: boolean;
}

/** How the families differ from Llama. A bias is always or never present, or the config decides. */
const families: Readonly<
  Record<string, { readonly qkv?: boolean; readonly output?: boolean; readonly headNorms?: boolean }>
> = {
  llama: {},
  mistral: { qkv: false, output: false },
  qwen2: { qkv: true, output: false },
  qwen3: { headNorms: true },
};

/**
 * Reads config.json. Throws `model_files` when it is missing or describes something that `exportDecoder` cannot write.
 */
export async function readDecoderConfig(dir: string): Promise<DecoderConfig> {
  const file = join(dir, "config.json");
  const advice = "Expected the config.json of a Hugging Face folder.";
  const files = filesIn(dir);
  const raw = await readJson(files, "config.json", advice);
  if (raw === undefined) throw missing(files, "config.json", advice);
  const refuse = (what: string) =>
    new LenityError(
      "model_files",
      `${file} has ${what}. exportDecoder writes plain decoders of the types ${Object.keys(families).join(", ")}; export this one with Optimum or onnxruntime-genai.`,
    );
  const number = (key: string, otherwise?: number): number => {
    const value = raw[key] ?? otherwise;
    if (typeof value !== "number" || !(value > 0)) throw refuse(`no number "${key}"`);
    return value;
  };
  const whole = (key: string, otherwise?: number): number => {
    const value = number(key, otherwise);
    if (!Number.isInteger(value)) throw refuse(`"${key}" ${value}, which is not a whole number`);
    return value;
  };
  const type = raw["model_type"];
  const family = typeof type === "string" && Object.hasOwn(families, type) ? families[type] : undefined;
  if (typeof type !== "string" || family === undefined) throw refuse(`model_type ${JSON.stringify(type)}`);

  const context = whole("max_position_embeddings");
  const odd = unsupportedSetting(raw, type, context);
  if (odd !== undefined) throw refuse(odd);
  const width = whole("hidden_size");
  const heads = whole("num_attention_heads");
  // Only Llama configs may leave this out; it then equals the number of heads.
  const groups = whole("num_key_value_heads", type === "llama" ? heads : undefined);
  if (heads % groups !== 0) throw refuse(`${heads} query heads for ${groups} key and value heads`);
  const headSize = whole("head_dim", type === "qwen3" ? undefined : width / heads);
  if (headSize % 16 !== 0)
    throw refuse(`heads of size ${headSize} (head_dim), but the runtime's attention needs a multiple of 16`);
  const attentionBias = raw["attention_bias"] === true;
  return {
    family: type,
    width,
    heads,
    layers: whole("num_hidden_layers"),
    groups,
    headSize,
    inner: whole("intermediate_size"),
    vocabulary: whole("vocab_size"),
    context,
    ...readRotary(raw, refuse),
    epsilon: number("rms_norm_eps", 1e-6),
    tied: raw["tie_word_embeddings"] === true,
    bias: {
      qkv: family.qkv ?? attentionBias,
      output: family.output ?? attentionBias,
      mlp: type === "llama" && raw["mlp_bias"] === true,
    },
    headNorms: family.headNorms === true,
  };
}

/** The first setting that the graph would compute wrongly, if any. */
function unsupportedSetting(raw: Readonly<Record<string, unknown>>, type: string, context: number): string | undefined {
  if ((raw["hidden_act"] ?? "silu") !== "silu") return `hidden_act ${JSON.stringify(raw["hidden_act"])}`;
  if (raw["quantization_config"] != null) return "quantized weights (quantization_config)";
  const window = type.startsWith("qwen") && raw["use_sliding_window"] !== true ? undefined : raw["sliding_window"];
  if (typeof window === "number" && window < context && type !== "llama") {
    return `a sliding window of ${window} tokens within a context of ${context} (to use the first ${window} tokens only, set max_position_embeddings to ${window})`;
  }
  const layerTypes = Array.isArray(raw["layer_types"]) ? raw["layer_types"] : [];
  const layer = layerTypes.find((name) => name !== "full_attention");
  if (layer !== undefined) return `layers of type ${JSON.stringify(layer)} (layer_types)`;
  return undefined;
}
