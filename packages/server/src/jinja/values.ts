/** Values of the interpreter, seen as Python sees them. The package does not export its own classes. */
import { Environment, type Value } from "./package.ts";

export const isText = (value: Value): value is Value & { readonly value: string } => value.type === "StringValue";
export const isList = (value: Value): value is Value & { readonly value: Value[] } => Array.isArray(value.value);
export const isMapping = (value: Value): value is Value & { readonly value: Map<string, Value> } => value.value instanceof Map;
export const isUndefined = (value: Value): boolean => value.type === "UndefinedValue";
/** A plain value as the interpreter's. */
export const toValue = (plain: unknown): Value => new Environment().set("value", plain);

const Text = toValue("").constructor as new (text: string) => Value;

/** A list of the interpreter's values. */
export function listOf(items: readonly Value[]): Value {
  const list = toValue([]);
  (list.value as Value[]).push(...items);
  return list;
}

/** The characters of a text, as Python counts them. */
export const charactersOf = (text: string): Value => listOf(Array.from(text, (character) => new Text(character)));

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
