export { isLoopback } from "./allowed-hosts.ts";
export type { ErrorBody } from "./api-error.ts";
export type { ChatChunk, ChatCompletion, Envelope } from "./completion.ts";
export * from "./policies.ts";
export * from "./prompt.ts";
export * from "./report.ts";
export type { ChatMessage, ChatTool, ToolCall } from "./request.ts";
export type * from "./served-model.ts";
export * from "./server.ts";
