import * as v from "valibot";
import { among, expecting, object } from "./schema.ts";

/** The form of an answer. A schema is enforced whether `strict` is set or not. */
export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json_object" }
  | { readonly type: "json_schema"; readonly json_schema: { readonly schema: unknown } };

const formats: Readonly<Record<ResponseFormat["type"], v.GenericSchema<unknown, ResponseFormat>>> = {
  text: object({ type: v.literal("text") }),
  json_object: object({ type: v.literal("json_object") }),
  json_schema: object({
    type: v.literal("json_schema"),
    json_schema: object({
      name: v.pipe(v.string(), v.nonEmpty()),
      description: v.nullish(v.string()),
      strict: v.nullish(v.boolean()),
      schema: v.record(v.string(), v.unknown()),
    }),
  }),
};

const otherType = object({
  type: v.picklist(Object.keys(formats) as ResponseFormat["type"][]),
}) as v.GenericSchema<unknown, never>;
const noObject = expecting("an object");

/** The `response_format` of a request. What the schema says is checked when its grammar is made. */
export const responseFormat: v.GenericSchema<unknown, ResponseFormat> = among(Object.values(formats), (input) => {
  if (typeof input !== "object" || input === null) return noObject;
  const type = "type" in input ? input.type : undefined;
  return typeof type === "string" && Object.hasOwn(formats, type) ? formats[type as ResponseFormat["type"]] : otherType;
});
