/** Grammars for `decode` and `generate` of @lenity/core. */

export * from "./answer-grammar.ts";
export type * from "./answer-options.ts";
export * from "./choice-grammar.ts";
export * from "./json-grammar.ts";
export type { JsonOptions } from "./json-options.ts";
export * from "./json-schema-grammar.ts";
export * from "./regex-grammar.ts";
