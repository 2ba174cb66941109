export * from "./chat-template.ts";
export * from "./drafter.ts";
export * from "./export/export-llama.ts";
export * from "./inspect.ts";
export * from "./model.ts";
export * from "./pair.ts";
export type { LoadReply, Port } from "./protocol.ts";
export type { SelfCheck } from "./self-check.ts";
export * from "./tokenizer.ts";
