import { dict } from "./dict.ts";
import { Refusal } from "./interpreter.ts";
import { Environment } from "./package.ts";
import { strftime } from "./strftime.ts";

/** The global names of chat templates, as in transformers, besides Jinja's own `namespace`. */
export function globals(): Environment {
  const environment = new Environment();
  const values = {
    true: true,
    false: false,
    none: null,
    range,
    raise_exception(text: unknown) {
      throw new Refusal(String(text));
    },
    strftime_now: (format: string) => strftime(format, new Date()),
  };
  for (const [name, value] of Object.entries(values)) {
    environment.set(name, value);
    // Jinja also accepts Python's names of the constants.
    if (typeof value !== "function") environment.set(`${name[0]?.toUpperCase()}${name.slice(1)}`, value);
  }
  environment.setVariable("dict", dict);
  return environment;
}

/** Python's range. */
function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}
