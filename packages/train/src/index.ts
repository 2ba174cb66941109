export type * from "./labels.ts";
export type * from "./prompts.ts";
