/** The variants named by transformers.js, and the endings of their files. */
const endings = {
  fp32: "",
  fp16: "_fp16",
  q8: "_quantized",
  int8: "_int8",
  uint8: "_uint8",
  q4: "_q4",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
} as const;

/**
 * A variant of a model, by its name in transformers.js: `fp32` is model.onnx, `q4` model_q4.onnx, `q8`
 * model_quantized.onnx, …
 */
export type Dtype = keyof typeof endings;

/** One of the model files in a folder. */
export interface Variant {
  readonly dtype: Dtype;
  /** Relative to the folder. */
  readonly path: string;
}

/** All variant names. */
export const dtypes: readonly Dtype[] = Object.keys(endings) as Dtype[];

/** Throws RangeError for an unknown name. */
export function checkDtype(dtype: string | undefined): void {
  if (dtype !== undefined && !Object.hasOwn(endings, dtype))
    throw new RangeError(`dtype is ${dtype}; expected one of ${dtypes.join(", ")}.`);
}

/** The name of a variant's file. */
export function variantFile(dtype: Dtype): string {
  return `model${endings[dtype]}.onnx`;
}
