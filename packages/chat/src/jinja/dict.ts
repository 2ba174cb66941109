import type { Value } from "./package.ts";
import { str } from "./python.ts";
import { functionOf, isList, isMapping, kindOf, toValue } from "./values.ts";

/** Python's `dict`, from a mapping or pairs and from named arguments. */
export const dict: Value = functionOf((args) => {
  const made = toValue({});
  const entries = made.value as Map<string, Value>;
  for (const given of args) {
    if (isMapping(given)) for (const [key, value] of given.value) entries.set(key, value);
    else if (isList(given) && given.value.every(isPair))
      for (const { value } of given.value) entries.set(str(value[0]), value[1]);
    else throw new Error(`dict() expects a mapping or pairs; given ${kindOf(given)}.`);
  }
  return made;
});

const isPair = (value: Value): value is Value & { readonly value: [Value, Value] } =>
  isList(value) && value.value.length === 2;
