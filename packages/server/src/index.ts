export type { ErrorBody } from "./api-error.ts";
export type { ChatMessage, ToolCall } from "./chat-message.ts";
export type { ChatChunk, ChatCompletion, Envelope } from "./completion.ts";
export * from "./policies.ts";
export * from "./prompt.ts";
export * from "./report.ts";
export type { ChatTool } from "./request.ts";
export type * from "./served-model.ts";
export * from "./server.ts";
