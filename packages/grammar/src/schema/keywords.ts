import { LenityError } from "@lenity/core";
import { didYouMean, shown } from "@lenity/core/internal";
import { invalid, isObject, member, type Place, unsupported } from "./place.ts";

/** The types of JSON, as JSON Schema names them. */
export const types = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;
export type Type = (typeof types)[number];

/** Keywords that say something about one type, by type. */
const ofTypes: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
};

const ofEveryType = ["type", "nullable", "enum", "const", "anyOf", "$ref"];

/** Keywords that say nothing about values. */
const silent = [
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "example",
  "deprecated",
  "readOnly",
  "writeOnly",
];

/** Keywords of JSON Schema that are refused, and what to do instead. */
const refused: Readonly<Record<string, string>> = {
  allOf: "Write one schema that says all of it.",
  oneOf: "Use anyOf.",
  not: "Describe what is allowed.",
  if: "Use anyOf with a schema for each case.",
  then: "Use anyOf with a schema for each case.",
  else: "Use anyOf with a schema for each case.",
  dependentSchemas: "Use anyOf with a schema for each case.",
  dependentRequired: "Use anyOf with a schema for each case.",
  multipleOf: "Use type integer, or say it in the description.",
  uniqueItems: "Say it in the description, and check the answer.",
  contains: "Describe every item with items.",
  minContains: "Describe every item with items.",
  maxContains: "Describe every item with items.",
  prefixItems: "Use an object with a property for each item.",
  additionalItems: "Use an object with a property for each item.",
  unevaluatedItems: "Use items.",
  unevaluatedProperties: "Use additionalProperties.",
  patternProperties: "Use additionalProperties, or name the properties.",
  propertyNames: "Name the properties.",
  minProperties: "List the properties that must be there as required.",
  maxProperties: "Name the properties, and set additionalProperties to false.",
  contentEncoding: "Use pattern.",
  contentMediaType: "Leave it out.",
  contentSchema: "Leave it out.",
  $anchor: "Refer to the schema by its path, such as #/$defs/name.",
  $dynamicAnchor: "Refer to the schema by its path, such as #/$defs/name.",
  $dynamicRef: "Use $ref.",
  $recursiveRef: "Use $ref.",
  $recursiveAnchor: "Use $ref.",
  $vocabulary: "Leave it out.",
};

const known = [...Object.values(ofTypes).flat(), ...ofEveryType, ...silent];

/**
 * The keywords of a schema that say something about values. Throws `unsupported` for keywords of JSON Schema that
 * grammars do not follow, and `invalid_request` for unknown ones, except those that begin with `x-`.
 */
export function spokenKeywords({ schema, path }: Place): string[] {
  if (!isObject(schema)) return [];
  const spoken: string[] = [];
  for (const keyword of Object.keys(schema)) {
    const advice = Object.hasOwn(refused, keyword) ? refused[keyword] : undefined;
    if (advice !== undefined) throw unsupported(member(path, keyword), `is not supported. ${advice}`);
    if (silent.includes(keyword) || keyword.startsWith("x-")) continue;
    if (!known.includes(keyword)) {
      const where = member(path, keyword);
      throw new LenityError("invalid_request", `${where} is no keyword of JSON Schema. ${didYouMean(keyword, known)}`, {
        path: where,
        kind: "unknown_option",
        subject: keyword,
      });
    }
    spoken.push(keyword);
  }
  return spoken;
}

/**
 * The types that a schema allows. Where it names none, its keywords do: `properties` mean an object. Undefined if they
 * do not either, so that every type is allowed.
 */
export function typesOf({ schema, path }: Place, spoken: readonly string[]): ReadonlySet<Type> | undefined {
  if (!isObject(schema)) return undefined;
  const { type, nullable } = schema;
  if (nullable !== undefined && typeof nullable !== "boolean")
    throw invalid(member(path, "nullable"), "is neither true nor false.");
  const found = new Set<Type>();
  const named = type === undefined ? [] : Array.isArray(type) ? type : [type];
  for (const name of named) {
    if (!types.includes(name))
      throw invalid(member(path, "type"), `has ${shown(name)}; expected one or more of ${types.join(", ")}.`);
    found.add(name);
  }
  if (type !== undefined && named.length === 0) throw invalid(member(path, "type"), "is empty; expected a type.");
  if (type === undefined)
    for (const [name, keywords] of Object.entries(ofTypes))
      if (keywords.some((keyword) => spoken.includes(keyword))) found.add(name as Type);
  if (found.size === 0) return undefined;
  // Numbers include integers.
  if (found.has("number")) found.delete("integer");
  if (nullable === true) found.add("null");
  return found;
}
