/** The length of a model's context. */
import { LenityError } from "@lenity/core";
import type { ModelFolder } from "./model-folder.ts";

/**
 * Names of the limit in the configurations of Llama-like models, GPT-2, MPT and onnxruntime-genai. There are no
 * positions beyond it.
 */
const limits = ["max_position_embeddings", "n_positions", "max_seq_len", "context_length"];

/** Models without a fixed number of positions (ALiBi) give at most the length they were trained on. */
const trained = ["seq_length", "n_ctx"];

/** Assumed when no file gives a length and there is no target to take it from. */
const assumed = 2048;

/** Sources of the context length: the folder, the user, and the target that the model drafts for. */
export interface ContextQuestion {
  readonly folder: ModelFolder;
  /** Name of the configuration file in messages. */
  readonly file: string;
  /**
   * The value of the first of these keys that the configuration has; undefined if it has none. Throws `model_files`
   * when the value is not a size.
   */
  readonly size: (keys: readonly string[]) => number | undefined;
  readonly asked: number | undefined;
  readonly target: number | undefined;
}

/**
 * The context length, with a note for the user if any, as a sentence without a full stop. Rejects with
 * `invalid_request` when more than the limit is requested.
 */
export async function findContextLength(
  question: ContextQuestion,
): Promise<{ readonly contextLength: number; readonly note?: string }> {
  const { folder, file, size, asked, target } = question;
  const limit = size(limits);
  if (asked !== undefined) {
    if (limit === undefined || asked <= limit) return { contextLength: asked };
    const message = `A context of ${asked} tokens was requested, but the model's limit is ${limit} (${file}). Request at most that many.`;
    throw new LenityError("invalid_request", message, { path: "contextLength" });
  }
  const named = limit ?? (await tokenizerLimit(folder)) ?? size(trained);
  if (named !== undefined) return { contextLength: named };
  const contextLength = target ?? assumed;
  return {
    contextLength,
    note: `no file in ${folder.place} gives the context length: ${contextLength} tokens are assumed; set another number with --context (contextLength)`,
  };
}

/** `model_max_length` of tokenizer_config.json. A huge value means no limit. */
async function tokenizerLimit(folder: ModelFolder): Promise<number | undefined> {
  const config = await folder.tokenizerConfig();
  const value = config?.["model_max_length"];
  return typeof value === "number" && Number.isInteger(value) && value >= 2 && value < 2 ** 31 ? value : undefined;
}
