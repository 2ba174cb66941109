import { join } from "node:path";
import { LenityError, type Token } from "@lenity/core";
import { variantFile } from "../folder/dtypes.ts";
import { canSplit } from "./attention-split.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { type AttentionForm, attentionForms } from "./decoder-graph.ts";
import { type Int4Options, int4Recipe } from "./int4-recipe.ts";
import { type Activations, activationKinds } from "./int8-recipe.ts";

/** How weights can be stored. */
export const weightKinds = ["float16", "float32", "int8", "int4"] as const;

/** What float16 weights can be multiplied in. */
export const computeKinds = ["float32", "float16"] as const;

/** How the cache of keys and values can be stored. */
export const cacheTypes = ["float32", "int8"] as const;

/** How a model is exported. */
export interface ExportOptions {
  /**
   * How the weights are stored. Default: float16, which is half the size of float32; both compute in float32, unless
   * `compute` says otherwise. int8 also multiplies in int8. int4 is smaller still, faster in single steps of large
   * models, and slower in blocks.
   */
  readonly weights?: (typeof weightKinds)[number] | undefined;
  /**
   * What float16 weights are multiplied in. float16 is for GPUs: faster and smaller there, less exact everywhere, and
   * not faster on a processor. Default: float32.
   */
  readonly compute?: (typeof computeKinds)[number] | undefined;
  /** How the inputs of int8 matrices are quantised. Default: mix. */
  readonly activations?: Activations | undefined;
  /**
   * Token sequences typical of the model's use, a few thousand tokens. int8 with mix or static derives its scales from
   * them, and so does an int8 cache. int4 uses them, if given, to choose scales and to make up for errors.
   */
  readonly calibration?: readonly (readonly Token[])[] | undefined;
  /** How int4 weights are stored. */
  readonly int4?: Int4Options | undefined;
  /**
   * gqa: one com.microsoft.GroupQueryAttention per layer, as other programs export and run it; each step copies the
   * whole cache. split: plain nodes that read the cache in place, for this package and programs that manage the caches
   * themselves. Default: gqa up to a context of 1024 tokens (max_position_embeddings); split beyond that if the head
   * size allows it and `compute` is float32.
   */
  readonly attention?: AttentionForm | undefined;
  /**
   * How the cache of keys and values is stored. int8 is lossy: a quarter of the memory, and faster from about 512
   * tokens on. It needs calibration and has split attention. Default: float32.
   */
  readonly cacheType?: (typeof cacheTypes)[number] | undefined;
  /**
   * The path of the model file to write, relative to the folder. Default: onnx/model.onnx; onnx/model_int8.onnx for
   * int8; onnx/model_q4.onnx for int4.
   */
  readonly file?: string | undefined;
  /**
   * The maximum bytes of tensors inside the .onnx file, which cannot exceed 2 GB. Beyond that they go to a file beside
   * it (`model.onnx_data`), which ONNX Runtime maps instead of copying it: large models then load faster and take
   * little more memory than the file. Default: 6.4e7.
   */
  readonly inlineBytes?: number | undefined;
  readonly progress?: ((progress: ExportProgress) => void) | undefined;
  /** Cancels the export at the next tensor or sequence. No files are left behind. */
  readonly signal?: AbortSignal | undefined;
}

/** Progress of an export: bytes of tensors written, or calibration sequences read. */
export interface ExportProgress {
  readonly stage: "preparing calibration" | "calibrating" | "writing";
  readonly done: number;
  readonly all: number;
}

/** The default path of an exported model, relative to its folder, where `loadModel` finds it. */
export function exportedFile(weights: ExportOptions["weights"]): string {
  return join("onnx", variantFile(weights === "int8" ? "int8" : weights === "int4" ? "q4" : "fp32"));
}

/** The requested form, or the one that suits the context length. */
export function attentionForm(config: DecoderConfig, { attention, cacheType, compute }: ExportOptions): AttentionForm {
  if (cacheType === "int8") return "split";
  return attention ?? (config.context > 1024 && canSplit(config) && compute !== "float16" ? "split" : "gqa");
}

/** Whether there is no text to calibrate with. */
export const isEmpty = (calibration: ExportOptions["calibration"]): boolean =>
  !calibration?.some(({ length }) => length > 0);

/** Throws RangeError or TypeError for options that are wrong, and `invalid_request` when calibration is missing. */
export function checkOptions({
  weights = "float16",
  compute,
  attention,
  cacheType,
  activations,
  calibration,
  int4,
  inlineBytes = 0,
}: ExportOptions): void {
  const oneOf = (name: string, value: string, known: readonly string[]) => {
    if (!known.includes(value)) throw new RangeError(`${name} is ${value}; expected one of ${known.join(", ")}.`);
  };
  oneOf("weights", weights, weightKinds);
  if (compute !== undefined) oneOf("compute", compute, computeKinds);
  if (compute === "float16" && weights !== "float16")
    throw new TypeError(`compute is float16 with weights ${weights}; float16 is computed only with weights float16.`);
  if (compute === "float16" && (attention === "split" || cacheType === "int8")) {
    const split = cacheType === "int8" ? "cacheType int8, which has split attention" : "attention split";
    throw new TypeError(`compute is float16 with ${split}, whose caches never are on a GPU; expected gqa and float32.`);
  }
  if (attention !== undefined) oneOf("attention", attention, attentionForms);
  if (cacheType !== undefined) oneOf("cacheType", cacheType, cacheTypes);
  if (activations !== undefined) oneOf("activations", activations, activationKinds);
  if (activations !== undefined && weights !== "int8") {
    throw new TypeError(`activations (${activations}) were given with weights ${weights}; they apply only to int8.`);
  }
  if (int4 !== undefined && weights !== "int4")
    throw new TypeError(`int4 options were given with weights ${weights}; they apply only to int4.`);
  int4Recipe(int4);
  if (cacheType === "int8" && attention === "gqa")
    throw new TypeError('cacheType int8 was given with attention gqa; it applies only to "split".');
  if (!(inlineBytes >= 0 && inlineBytes < 2 ** 31))
    throw new RangeError(`inlineBytes is ${inlineBytes}; expected 0 to 2 ** 31 - 1.`);
  if (weights === "int8" && activations !== "per-row" && isEmpty(calibration)) {
    throw new LenityError(
      "invalid_request",
      'int8 weights with static scales need calibration: token sequences of the kind that the model will see. Give some thousand tokens, or export with activations "per-row", which need none.',
    );
  }
  if (cacheType === "int8" && isEmpty(calibration)) {
    throw new LenityError(
      "invalid_request",
      "An int8 cache needs calibration for its scales: token sequences of the kind that the model will see, some thousand tokens.",
    );
  }
}
