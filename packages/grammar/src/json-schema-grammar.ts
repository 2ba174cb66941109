import { type Grammar, LenityError, type Tokenizer } from "@lenity/core";
import { budget } from "./budget.ts";
import { jsonMachine } from "./json/json-machine.ts";
import { prune } from "./json/prune.ts";
import { type JsonOptions, whiteSpaceOf } from "./json-options.ts";
import { tokenGrammar } from "./machine/token-grammar.ts";
import { placeOf } from "./schema/place.ts";
import { schemaNetwork } from "./schema/schema-network.ts";

/**
 * The JSON texts that fulfil a JSON Schema (2020-12; the README lists the keywords). Properties come in the schema's
 * order. Throws a `LenityError` whose `path` leads to the part at fault, such as `schema.properties.age.multipleOf`:
 * `unsupported` for keywords that a grammar cannot follow, `invalid_request` for malformed schemas, for those that no
 * value fulfils, and for those that are too large.
 */
export function jsonSchemaGrammar(schema: unknown, tokenizer: Tokenizer, options: JsonOptions = {}): Required<Grammar> {
  const spaces = whiteSpaceOf(options);
  const root = placeOf(schema, "schema");
  const network = prune(schemaNetwork(root, spaces > 0, budget()));
  if (network === undefined) {
    throw new LenityError(
      "invalid_request",
      "schema is fulfilled by no value: it needs a part that is false, or that contains itself without end.",
      {
        path: "schema",
      },
    );
  }
  return tokenGrammar(jsonMachine(network, spaces), tokenizer);
}
