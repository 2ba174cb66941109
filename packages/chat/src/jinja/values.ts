/** Values of the interpreter, seen as Python sees them. The package does not export its own classes. */
import { Environment, type Value } from "./package.ts";

export const isText = (value: Value): value is Value & { readonly value: string } => value.type === "StringValue";
export const isList = (value: Value): value is Value & { readonly value: Value[] } => Array.isArray(value.value);
export const isMapping = (value: Value): value is Value & { readonly value: Map<string, Value> } =>
  value.value instanceof Map;
export const isUndefined = (value: Value): boolean => value.type === "UndefinedValue";

/** The class of texts, of which there may be many. */
const Text = new Environment().set("text", "").constructor as new (text: string) => Value;

/** A plain value as the interpreter's. */
export const toValue = (plain: unknown): Value =>
  typeof plain === "string" ? new Text(plain) : new Environment().set("value", plain);

/** A list of the interpreter's values. */
export function listOf(items: readonly Value[]): Value & { readonly value: Value[] } {
  return Object.assign(toValue([]), { value: [...items] });
}

/**
 * The characters of a text, as Python counts them. Each is one value wherever it stands: values are slow to make, and
 * texts may be long.
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

/** A function of the interpreter's values. */
export function functionOf(call: (args: readonly Value[]) => Value): Value {
  return Object.assign(
    toValue(() => null),
    { value: call },
  );
}

/** What error messages call the kind of a value. */
export function kindOf(value: Value): string {
  const kinds: Readonly<Record<string, string>> = {
    StringValue: "a text",
    ArrayValue: "a list",
    TupleValue: "a tuple",
    ObjectValue: "a mapping",
    NamespaceValue: "a namespace",
    FunctionValue: "a function",
    BooleanValue: "true or false",
    NullValue: "none",
    UndefinedValue: "something undefined",
  };
  return kinds[value.type] ?? "a number";
}
