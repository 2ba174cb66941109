import { LenityError } from "@lenity/core";
import { shown } from "@lenity/core/internal";

/** A schema within a schema: `true` and `{}` allow everything, `false` nothing. */
export type Schema = boolean | Readonly<Record<string, unknown>>;

/** A schema and where it stands, such as `schema.properties.age`. */
export interface Place {
  readonly schema: Schema;
  readonly path: string;
}

/** The path of a member: `schema.properties.age`, or `schema.properties["first name"]`. */
export const member = (path: string, name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;

/** The place of a value that is to be a schema. Throws `invalid_request` if it is none. */
export function placeOf(value: unknown, path: string): Place {
  if (typeof value === "boolean") return { schema: value, path };
  if (isObject(value)) return { schema: value, path };
  throw invalid(path, `is ${shown(value)}; expected a schema: an object, true or false.`);
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is wrong with a schema, or has no text that fulfils it. */
export const invalid = (path: string, why: string): LenityError =>
  new LenityError("invalid_request", `${path} ${why}`, { path });

/** A part of JSON Schema that grammars cannot follow. */
export const unsupported = (path: string, why: string): LenityError =>
  new LenityError("unsupported", `${path} ${why}`, { path });

/** A text that characters can spell. Throws `invalid_request` if it has half a character. */
export function wellFormed(text: string, path: string): string {
  if (text.isWellFormed()) return text;
  throw invalid(path, "has half a character (a surrogate without its pair), which no text can have.");
}
