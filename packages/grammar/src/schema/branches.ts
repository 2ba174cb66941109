import { shown } from "@lenity/core/internal";
import { spokenKeywords } from "./keywords.ts";
import { invalid, isObject, member, type Place, placeOf, type Schema, unsupported } from "./place.ts";
import { referredTo } from "./references.ts";

/** Keywords that say something together with each other, so that they cannot be in different schemas. */
const together = ["properties", "additionalProperties"];

const nothing: Place = { schema: { type: "null" }, path: "null" };

/**
 * The places of which a schema allows any: those of `anyOf`, each with what stands beside `anyOf`, or that of `$ref`.
 * Undefined if the schema says itself what it allows.
 */
export function branches(place: Place, root: Place): readonly Place[] | undefined {
  const { schema, path } = place;
  if (!isObject(schema)) return undefined;
  const spoken = spokenKeywords(place);
  if (spoken.includes("$ref")) {
    const where = member(path, "$ref");
    const other = spoken.find((keyword) => keyword !== "$ref" && keyword !== "nullable");
    if (other !== undefined) throw unsupported(where, `stands beside ${other}. Put both into one schema.`);
    const target = referredTo(schema["$ref"], where, root);
    return schema["nullable"] === true ? [target, nothing] : [target];
  }
  if (!spoken.includes("anyOf")) return undefined;
  const where = member(path, "anyOf");
  const options = schema["anyOf"];
  if (!Array.isArray(options) || options.length === 0)
    throw invalid(where, `is ${shown(options)}; expected an array of schemas.`);
  const beside = Object.fromEntries(
    spoken.filter((keyword) => keyword !== "anyOf").map((keyword) => [keyword, schema[keyword]]),
  );
  return options.map((option, at) => withBeside(placeOf(option, `${where}[${at}]`), beside));
}

/** A branch that also says what stands beside `anyOf`. */
function withBeside(branch: Place, beside: Readonly<Record<string, unknown>>): Place {
  const { schema, path } = branch;
  const keywords = Object.keys(beside);
  if (keywords.length === 0 || schema === false) return branch;
  const own: Exclude<Schema, boolean> = schema === true ? {} : schema;
  for (const keyword of spokenKeywords(branch)) {
    if (keyword === "$ref")
      throw unsupported(
        member(path, keyword),
        `has ${keywords.join(", ")} beside its anyOf. Put both into one schema.`,
      );
    const sameType = keyword === "type" && JSON.stringify(own[keyword]) === JSON.stringify(beside[keyword]);
    const twice = Object.hasOwn(beside, keyword) && !sameType;
    const split = together.includes(keyword) && keywords.some((other) => other !== keyword && together.includes(other));
    if (twice || split) throw unsupported(member(path, keyword), "also stands beside anyOf. Put both into one schema.");
  }
  return { schema: { ...own, ...beside }, path };
}
