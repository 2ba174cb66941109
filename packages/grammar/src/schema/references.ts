import { quoted, shown } from "@lenity/core/internal";
import { invalid, isObject, member, type Place, placeOf, unsupported } from "./place.ts";

/**
 * The place that a `$ref` at `path` names: a JSON pointer within the same document (RFC 6901), such as `#/$defs/node`,
 * or `#`, the whole.
 */
export function referredTo(reference: unknown, path: string, root: Place): Place {
  if (typeof reference !== "string")
    throw invalid(path, `is ${shown(reference)}; expected a text such as "#/$defs/name".`);
  if (!/^#(\/|$)/.test(reference)) {
    throw unsupported(
      path,
      `is ${quoted(reference)}; only references within the schema are supported, such as "#/$defs/name".`,
    );
  }
  let value: unknown = root.schema;
  let place = root.path;
  for (const part of reference.split("/").slice(1)) {
    const name = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
    place = Array.isArray(value) ? `${place}[${name}]` : member(place, name);
    const has = (isObject(value) || Array.isArray(value)) && name !== "length" && Object.hasOwn(value, name);
    value = has ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    if (value === undefined) throw invalid(path, `is ${quoted(reference)}, but there is no ${place}.`);
  }
  return placeOf(value, place);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a percent sign that stands for itself
  }
}
