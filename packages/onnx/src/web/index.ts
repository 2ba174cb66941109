/** @lenity/onnx for browsers: models from URLs, on ONNX Runtime's WebAssembly or WebGPU, in the thread that loads them. */
export type { CacheFamily, CacheShape } from "../cache.ts";
export type { Precision } from "../cells.ts";
export type { ChatTemplate } from "../chat-template.ts";
export * from "../drafter.ts";
export { type Dtype, dtypes } from "../dtypes.ts";
export type { Runtime } from "../graph.ts";
export type { ModelFiles } from "../model-files.ts";
export type { OnnxModel } from "../onnx-model.ts";
export type { LoadReply, Port } from "../protocol.ts";
export type { SelfCheck } from "../self-check.ts";
export type { OnnxSession } from "../session.ts";
export type { TokenTexts } from "../token-texts.ts";
export * from "./fetched-files.ts";
export * from "./load-parts.ts";
export * from "./model.ts";
