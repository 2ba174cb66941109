import type { Grammar, Tokenizer } from "@lenity/core";
import { budget } from "./budget.ts";
import { type JsonOptions, whiteSpaceOf } from "./json-options.ts";
import { initial } from "./machine/state.ts";
import { tokenGrammar } from "./machine/token-grammar.ts";
import { placeOf } from "./schema/place.ts";
import { schemaFrame } from "./schema/schema-frame.ts";

/**
 * The JSON texts that fulfil a JSON Schema (2020-12; the README lists the keywords). Properties come in the schema's
 * order. Throws a `LenityError` whose `path` leads to the part at fault, such as `schema.properties.age.multipleOf`:
 * `unsupported` for keywords that a grammar cannot follow, `invalid_request` for malformed schemas, for those that no
 * value fulfils, and for those that are too large.
 */
export function jsonSchemaGrammar(schema: unknown, tokenizer: Tokenizer, options: JsonOptions = {}): Required<Grammar> {
  const spaces = whiteSpaceOf(options);
  const start = initial(schemaFrame(placeOf(schema, "schema"), spaces > 0, budget()));
  return tokenGrammar({ start, spaces }, tokenizer);
}
