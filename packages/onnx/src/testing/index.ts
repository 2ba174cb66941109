export { graphBuilder } from "../onnx-file/graph-builder.ts";
/** Small models with random weights in the forms that are found in the wild, for tests and measurements. */
export * from "./graph-forms.ts";
export * from "./random-llama.ts";
export * from "./random-tokenizer.ts";
export * from "./scripted-scores.ts";
export * from "./sharded.ts";
