export type { SelfCheck } from "./checks/self-check.ts";
export { type ReplyTimes, replyTimes } from "./engine/reply-times.ts";
export type { OnnxSession } from "./engine/session.ts";
export { defaultThreads } from "./engine/threads.ts";
export { type AttentionForm, attentionForms } from "./export/decoder-graph.ts";
export * from "./export/export-decoder.ts";
export * from "./export/export-drafter.ts";
export {
  cacheTypes,
  computeKinds,
  type ExportOptions,
  type ExportProgress,
  exportedFile,
  weightKinds,
} from "./export/export-options.ts";
export {
  blockSizes,
  type EndKind,
  endKinds,
  type Int4Options,
  type Int4Recipe,
  type OutputKind,
  outputKinds,
} from "./export/int4-recipe.ts";
export { type Activations, activationKinds } from "./export/int8-recipe.ts";
export type { ChatTemplate } from "./folder/chat-template.ts";
export { drafterFile } from "./folder/drafter-file.ts";
export { type Dtype, dtypes, type Variant } from "./folder/dtypes.ts";
export * from "./folder/load-parts.ts";
export type { ListedFile, ModelFiles } from "./folder/model-files.ts";
export type { ModelFolder } from "./folder/model-folder.ts";
export * from "./folder/open-folder.ts";
export { findVariants, onlyUnusualName, pickVariant, variantsAmong } from "./folder/variants.ts";
export type { DraftTarget } from "./folder/vocabulary.ts";
export type { CacheFamily, CacheShape } from "./graph/cache-shape.ts";
export type { Precision } from "./graph/float-tensors.ts";
export type { Port } from "./graph/port.ts";
export * from "./inspect.ts";
export * from "./load-model.ts";
export * from "./load-pair.ts";
export * from "./onnx-drafter.ts";
export { externalData, externalDataFault } from "./onnx-file/external-data.ts";
export type { OnnxScan } from "./onnx-file/scan.ts";
export { scanOnnx } from "./onnx-file/scan-file.ts";
export type { OnnxModel } from "./onnx-model.ts";
export {
  type Device,
  type DeviceOption,
  type DeviceReport,
  deviceOptions,
  devices,
} from "./protocol/devices.ts";
export type { LoadReply } from "./protocol/protocol.ts";
export type { FolderTokenizer } from "./tokenizer/folder-tokenizer.ts";
export type { TokenTexts } from "./tokenizer/token-table.ts";
