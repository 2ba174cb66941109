import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LenityError } from "@lenity/core";

/** The shape of a Llama model, as its config.json says it. */
export interface LlamaConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Key and value heads, each shared by heads / groups query heads. */
  readonly groups: number;
  readonly headSize: number;
  /** Width of the MLP's middle. */
  readonly inner: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly theta: number;
  readonly epsilon: number;
  /** Whether the output matrix is the embedding. */
  readonly tied: boolean;
}

/** Reads config.json. Throws `model_files` when it is missing or describes something that `exportLlama` cannot write. */
export async function readLlamaConfig(dir: string): Promise<LlamaConfig> {
  const file = join(dir, "config.json");
  let raw: Record<string, unknown>;
  try {
    raw = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new LenityError("model_files", `${file} cannot be read. Expected the config.json of a Hugging Face folder.`, { cause });
  }
  const refuse = (what: string) =>
    new LenityError(
      "model_files",
      `${file} has ${what}. exportLlama writes plain Llama models only; export this one with Optimum or onnxruntime-genai.`,
    );
  const number = (key: string, otherwise?: number): number => {
    const value = raw[key] ?? otherwise;
    if (typeof value !== "number") throw refuse(`no number "${key}"`);
    return value;
  };
  // Newer configs gather what older ones had as rope_theta and rope_scaling.
  const rope = raw["rope_parameters"] as { rope_type?: string; rope_theta?: number } | null | undefined;
  const scaling = rope ?? (raw["rope_scaling"] as { rope_type?: string } | null | undefined);
  if (raw["model_type"] !== "llama") throw refuse(`model_type ${JSON.stringify(raw["model_type"])}`);
  if (scaling != null && scaling.rope_type !== "default") throw refuse("scaled rotary positions (rope_scaling)");
  if (raw["attention_bias"] === true || raw["mlp_bias"] === true) throw refuse("biases");
  if ((raw["hidden_act"] ?? "silu") !== "silu") throw refuse(`hidden_act ${JSON.stringify(raw["hidden_act"])}`);
  const width = number("hidden_size");
  const heads = number("num_attention_heads");
  return {
    width,
    heads,
    layers: number("num_hidden_layers"),
    groups: number("num_key_value_heads", heads),
    headSize: number("head_dim", width / heads),
    inner: number("intermediate_size"),
    vocabulary: number("vocab_size"),
    context: number("max_position_embeddings"),
    theta: rope?.rope_theta ?? number("rope_theta", 10000),
    epsilon: number("rms_norm_eps", 1e-6),
    tied: raw["tie_word_embeddings"] === true,
  };
}
