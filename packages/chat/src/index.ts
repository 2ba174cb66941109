export type * from "./answer/answer-event.ts";
export type { AnswerForm } from "./answer/answer-form.ts";
export * from "./answer/answer-reader.ts";
export type * from "./chat-message.ts";
export type * from "./chat-model.ts";
export * from "./chat-writer.ts";
export * from "./generate-chat.ts";
