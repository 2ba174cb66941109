/**
 * @lenity/onnx for browsers: loads models from URLs and runs them on ONNX Runtime's WebAssembly or WebGPU, in the
 * thread that loads them.
 */

export type { SelfCheck } from "../checks/self-check.ts";
export type { OnnxSession } from "../engine/session.ts";
export type { ChatTemplate } from "../folder/chat-template.ts";
export { type Dtype, dtypes } from "../folder/dtypes.ts";
export type { ListedFile, ModelFiles } from "../folder/model-files.ts";
export type { ModelFolder } from "../folder/model-folder.ts";
export type { CacheFamily, CacheShape } from "../graph/cache-shape.ts";
export type { Precision } from "../graph/float-tensors.ts";
export type { Runtime } from "../graph/graph.ts";
export type { Port } from "../graph/port.ts";
export * from "../onnx-drafter.ts";
export type { OnnxModel } from "../onnx-model.ts";
export type { LoadReply } from "../protocol/protocol.ts";
export type { TokenTexts } from "../tokenizer/token-table.ts";
export * from "./fetched-files.ts";
export * from "./load-parts.ts";
export * from "./model.ts";
