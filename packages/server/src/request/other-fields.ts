import { excerpt, shown } from "@lenity/core/internal";
import { ApiError } from "../http/api-error.ts";
import { harmless, harmlessInMessages, type Kind } from "./harmless-fields.ts";
import {
  type UnsupportedField,
  unsupported,
  unsupportedInFormats,
  unsupportedInMessages,
  unsupportedInStreams,
} from "./unsupported-fields.ts";

/** How the fields of one object are treated. */
interface Place {
  /** Read elsewhere. */
  readonly read: readonly string[];
  readonly unsupported?: Readonly<Record<string, UnsupportedField>> | undefined;
  readonly harmless?: Readonly<Record<string, Kind>> | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** A body whose known fields have been checked. Only the parts used here. */
interface Body extends Fields {
  readonly messages?: readonly (Fields & {
    readonly content?: unknown;
    readonly tool_calls?: readonly Called[] | null;
  })[];
  readonly stream_options?: Fields | null;
  readonly response_format?: (Fields & { readonly json_schema?: Fields | null }) | null;
}

interface Called extends Fields {
  readonly function: Fields;
}

const messageFields: Place = {
  read: ["role", "content", "refusal", "reasoning_content", "tool_calls", "tool_call_id", "name"],
  unsupported: unsupportedInMessages,
  harmless: harmlessInMessages,
};

const formatFields = ["type", "json_schema"];
const schemaFields = ["name", "description", "schema", "strict"];

/**
 * Handles the fields that are not read. Refuses fields that would change the answer, checks the types of harmless ones,
 * and returns the names of all ignored fields, such as `user` and `messages[].cache_control`. `more` are fields that
 * only this kind of request does not support.
 */
export function otherFields(
  given: Body,
  read: readonly string[],
  more: Readonly<Record<string, UnsupportedField>> = {},
): string[] {
  // Only what is read has been checked, so only that can be looked into.
  const body: Body = Object.fromEntries(Object.entries(given).filter(([name]) => read.includes(name)));
  const ignored = new Set<string>();
  const look = (fields: Fields, path: string, place: Place) => {
    for (const [key, value] of Object.entries(fields)) {
      if (value === null || place.read.includes(key)) continue;
      const name = excerpt(key);
      if (!isIgnored(value, `${path}${name}`, own(place.unsupported, key), own(place.harmless, key))) continue;
      ignored.add(`${path.replaceAll(/\[\d+\]/g, "[]")}${name}`);
    }
  };
  look(given, "", { read, unsupported: { ...unsupported, ...more }, harmless });
  look(body.stream_options ?? {}, "stream_options.", { read: ["include_usage"], unsupported: unsupportedInStreams });
  const format = body.response_format ?? {};
  look(format, "response_format.", { read: formatFields, unsupported: unsupportedInFormats });
  look(format.json_schema ?? {}, "response_format.json_schema.", { read: schemaFields });
  for (const [at, message] of (body.messages ?? []).entries()) {
    const path = `messages[${at}]`;
    look(message, `${path}.`, messageFields);
    const parts: readonly Fields[] = Array.isArray(message.content) ? message.content : [];
    for (const [n, part] of parts.entries())
      look(part, `${path}.content[${n}].`, { read: ["type", "text", "refusal"] });
    for (const [n, call] of (message.tool_calls ?? []).entries()) {
      look(call, `${path}.tool_calls[${n}].`, { read: ["id", "type", "function"] });
      look(call.function, `${path}.tool_calls[${n}].function.`, { read: ["name", "arguments"] });
    }
  }
  return [...ignored];
}

const own = <T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

/** Throws if the value must not be ignored; false if it asks for the default behaviour. */
function isIgnored(
  value: unknown,
  param: string,
  field: UnsupportedField | undefined,
  kind: Kind | undefined,
): boolean {
  if (field?.isDefault(value) === true) return false;
  if (field !== undefined) {
    const message = `${param} with the value ${shown(value)} is not supported by this version of the server. ${field.instead ?? "Leave it out."}`;
    throw new ApiError(400, message, { param, code: "unsupported_parameter" });
  }
  if (kind !== undefined && kind !== kindOf(value)) {
    throw new ApiError(400, `${param} is ${shown(value)}; expected ${kind}.`, { param, code: "invalid_value" });
  }
  return true;
}

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return "an array";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "string" ? "a string" : typeof value === "number" ? "a number" : "an object";
}

/** The longest value of the header in characters, because proxies refuse long ones. */
const longestHeader = 1000;

/** The names as a header value: safe characters only, and cut if too long. */
export function ignoredHeader(names: readonly string[]): string {
  let header = "";
  for (const [at, name] of names.entries()) {
    const safe = name.replaceAll(/[^\w.[\]-]/g, "?");
    if (header.length + safe.length > longestHeader) return `${header}, and ${names.length - at} more`;
    header += at === 0 ? safe : `, ${safe}`;
  }
  return header;
}
