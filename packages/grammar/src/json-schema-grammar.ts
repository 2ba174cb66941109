import type { Grammar, Tokenizer } from "@lenity/core";
import { budget } from "./budget.ts";
import { type JsonOptions, whiteSpaceOf } from "./json-options.ts";
import { initial } from "./machine/state.ts";
import { tokenGrammar } from "./machine/token-grammar.ts";
import { placeOf } from "./schema/place.ts";
import { schemaFrame } from "./schema/schema-frame.ts";
import { atOnce, inSlices, type Steps } from "./steps.ts";
import { collectVocabulary } from "./tokens/vocabulary.ts";

/**
 * The JSON texts that fulfil a JSON Schema (2020-12; the README lists the keywords). Properties come in the schema's
 * order. Throws a `LenityError` whose `path` leads to the part at fault, such as `schema.properties.age.multipleOf`:
 * `unsupported` for keywords that a grammar cannot follow, `invalid_request` for malformed schemas, for those that no
 * value fulfils, and for those that are too large.
 */
export const jsonSchemaGrammar = (
  schema: unknown,
  tokenizer: Tokenizer,
  options: JsonOptions = {},
): Required<Grammar> => atOnce(compiled(schema, tokenizer, options));

/**
 * The same, made in slices of a few milliseconds, so that a large schema or a vocabulary that is yet to be collected
 * does not stop the other work of the thread.
 */
export async function jsonSchemaGrammarInSlices(
  schema: unknown,
  tokenizer: Tokenizer,
  options: JsonOptions = {},
): Promise<Required<Grammar>> {
  await collectVocabulary(tokenizer);
  return inSlices(compiled(schema, tokenizer, options));
}

function* compiled(schema: unknown, tokenizer: Tokenizer, options: JsonOptions): Steps<Required<Grammar>> {
  const spaces = whiteSpaceOf(options);
  const start = initial(yield* schemaFrame(placeOf(schema, "schema"), spaces > 0, budget()));
  return tokenGrammar({ start, spaces }, tokenizer);
}
