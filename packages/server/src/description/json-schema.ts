import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { choicesOf } from "../request/schema.ts";

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema of valibot accepts. Schemas made with `among` become `anyOf`; checks in code are left out. */
export function jsonSchema(schema: v.GenericSchema): JsonSchema {
  const {
    $schema: _,
    $defs: __,
    ...described
  } = toJsonSchema(schema, {
    target: "draft-2020-12",
    typeMode: "input",
    errorMode: "ignore",
    overrideSchema: ({ valibotSchema }) => {
      const choices = choicesOf(valibotSchema)?.map((choice) => jsonSchema(choice));
      return choices?.length === 1 ? choices[0] : choices && { anyOf: choices };
    },
  });
  return described;
}
