export { toFloat16 } from "../onnx-file/float16.ts";
export { graphBuilder } from "../onnx-file/graph-builder.ts";
/** Small models with random weights, in the forms found in the wild, for tests and benchmarks. */
export * from "./graph-forms.ts";
export * from "./random-llama.ts";
export * from "./random-tokenizer.ts";
export * from "./scripted-scores.ts";
export * from "./sharded.ts";
