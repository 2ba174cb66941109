export type * from "./chat-message.ts";
export type * from "./chat-model.ts";
export * from "./chat-writer.ts";
export * from "./generate-chat.ts";
