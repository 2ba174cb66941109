/** Helpers for the interpreter's values, whose classes the package does not export. */
import { Environment, type Value } from "./package.ts";

export const isText = (value: Value): value is Value & { readonly value: string } => value.type === "StringValue";
export const isList = (value: Value): value is Value & { readonly value: Value[] } => Array.isArray(value.value);
export const isMapping = (value: Value): value is Value & { readonly value: Map<string, Value> } =>
  value.value instanceof Map;
export const isUndefined = (value: Value): boolean => value.type === "UndefinedValue";

/** The class of string values. Used directly because there may be many. */
const Text = new Environment().set("text", "").constructor as new (text: string) => Value;

/** Converts a plain value to one of the interpreter's. */
export const toValue = (plain: unknown): Value =>
  typeof plain === "string" ? new Text(plain) : new Environment().set("value", plain);

/** A list of the interpreter's values. */
export function listOf(items: readonly Value[]): Value & { readonly value: Value[] } {
  return Object.assign(toValue([]), { value: [...items] });
}

/**
 * The characters of a text, as Python counts them. Equal characters share a value, because values are slow to create
 * and texts may be long.
 */
export function charactersOf(text: string): Value & { readonly value: Value[] } {
  const known = new Map<string, Value>();
  const characters = Array.from(text, (character) => {
    let value = known.get(character);
    if (value === undefined) known.set(character, (value = new Text(character)));
    return value;
  });
  return listOf(characters);
}

/** A function value for the interpreter. */
export function functionOf(call: (args: readonly Value[]) => Value): Value {
  return Object.assign(
    toValue(() => null),
    { value: call },
  );
}

/** The kind of a value, for error messages. */
export function kindOf(value: Value): string {
  const kinds: Readonly<Record<string, string>> = {
    StringValue: "a string",
    ArrayValue: "a list",
    TupleValue: "a tuple",
    ObjectValue: "a mapping",
    NamespaceValue: "a namespace",
    FunctionValue: "a function",
    BooleanValue: "true or false",
    NullValue: "none",
    UndefinedValue: "an undefined value",
  };
  return kinds[value.type] ?? "a number";
}
