/** The most tokens that a model holds. */
import { LenityError } from "@lenity/core";
import type { ModelFolder } from "./model-folder.ts";

/**
 * Names of the limit in the configurations of Llama and its like, GPT-2, MPT, and onnxruntime-genai: beyond it there
 * are no positions.
 */
const limits = ["max_position_embeddings", "n_positions", "max_seq_len", "context_length"];

/** Models without positions to run out of (ALiBi) name at most the length that they were trained on. */
const trained = ["seq_length", "n_ctx"];

/**
 * Tokens that are assumed where no file names a length, unless the target that a model drafts for holds another number.
 */
const assumed = 2048;

/** Who can say how long the context is: the folder, its user, and the target for which it drafts. */
export interface ContextQuestion {
  readonly folder: ModelFolder;
  /** What messages call the configuration. */
  readonly file: string;
  /**
   * The size of the configuration under the first of these names that it has; undefined where it has none. Throws
   * `model_files` for what is no size.
   */
  readonly size: (keys: readonly string[]) => number | undefined;
  readonly asked: number | undefined;
  readonly target: number | undefined;
}

/**
 * How long the context is, and what to know of it, as a sentence without a full stop. Rejects with `invalid_request`
 * when more is asked for than there is.
 */
export async function findContextLength(
  question: ContextQuestion,
): Promise<{ readonly contextLength: number; readonly note?: string }> {
  const { folder, file, size, asked, target } = question;
  const limit = size(limits);
  if (asked !== undefined) {
    if (limit === undefined || asked <= limit) return { contextLength: asked };
    const message = `A context of ${asked} tokens was asked for, and the model holds ${limit}, by ${file}. Ask for at most that many.`;
    throw new LenityError("invalid_request", message, { path: "contextLength" });
  }
  const named = limit ?? (await tokenizerLimit(folder)) ?? size(trained);
  if (named !== undefined) return { contextLength: named };
  const contextLength = target ?? assumed;
  return {
    contextLength,
    note: `no file of ${folder.place} names the length of the context: ${contextLength} tokens are assumed; set another number with --context (contextLength)`,
  };
}

/** `model_max_length` of tokenizer_config.json, which stands for no limit where it is huge. */
async function tokenizerLimit(folder: ModelFolder): Promise<number | undefined> {
  const config = await folder.tokenizerConfig();
  const value = config?.["model_max_length"];
  return typeof value === "number" && Number.isInteger(value) && value >= 2 && value < 2 ** 31 ? value : undefined;
}
