import { quoted, shown } from "@lenity/core/internal";
import type { ArrayShape, ObjectShape } from "./atom.ts";
import { keywordOf, limits } from "./limits.ts";
import { invalid, isObject, member, type Place, placeOf, wellFormed } from "./place.ts";

/** A place where everything is allowed. */
export const anything: Place = { schema: true, path: "anything" };

/**
 * The objects that a schema allows. One with `properties` has no others, unless `additionalProperties` allows them; one
 * without has any.
 */
export function objectShape({ schema, path }: Place): ObjectShape {
  const [properties, required, additional] = ["properties", "required", "additionalProperties"].map((keyword) =>
    keywordOf(schema, keyword),
  );
  if (properties !== undefined && !isObject(properties))
    throw invalid(member(path, "properties"), `is ${shown(properties)}; expected an object of schemas.`);
  const isNames = Array.isArray(required) && required.every((name) => typeof name === "string");
  if (required !== undefined && !isNames)
    throw invalid(member(path, "required"), `is ${shown(required)}; expected an array of names.`);
  const names: ReadonlySet<string> = new Set(isNames ? required : []);
  const named = Object.entries(properties ?? {});
  for (const name of names) {
    if (properties !== undefined && Object.hasOwn(properties, name)) continue;
    throw invalid(member(path, "required"), `has ${quoted(name)}, which is not among the properties. Add it to them.`);
  }
  const inProperties = member(path, "properties");
  const others = additional ?? properties === undefined;
  return {
    properties: named.map(([name, value]) => ({
      name: wellFormed(name, inProperties),
      value: placeOf(value, member(inProperties, name)),
      required: names.has(name),
    })),
    others:
      others === false ? undefined : others === true ? anything : placeOf(others, member(path, "additionalProperties")),
  };
}

/** The arrays that a schema allows. */
export function arrayShape(place: Place): ArrayShape {
  const items = keywordOf(place.schema, "items");
  return {
    items: items === undefined ? anything : placeOf(items, member(place.path, "items")),
    ...limits(place, ["minItems", "maxItems"]),
  };
}
