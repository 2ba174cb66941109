import type { Grammar, Tokenizer } from "@lenity/core";
import type { JsonOptions } from "./json-options.ts";
import { jsonSchemaGrammar } from "./json-schema-grammar.ts";

/** All objects of JSON (RFC 8259), as for the response format `json_object`. Numbers are as in JavaScript. */
export const jsonGrammar = (tokenizer: Tokenizer, options: JsonOptions = {}): Required<Grammar> =>
  jsonSchemaGrammar({ type: "object" }, tokenizer, options);
