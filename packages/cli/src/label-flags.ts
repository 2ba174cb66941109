/** The flags of `lenity judge label`. */
import { LenityError } from "@lenity/core";
import type { LabelMethod } from "@lenity/train";
import type { LoadModelsOptions } from "./load-models.ts";

export interface LabelFlags extends LoadModelsOptions {
  readonly spans?: boolean | undefined;
  readonly mining?: boolean | undefined;
  readonly self?: boolean | undefined;
  readonly prompts: string;
  readonly out: string;
  /** How many prompts to label, from the first. */
  readonly limit?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly after?: number | undefined;
  readonly answer?: string | undefined;
  readonly suffix?: number | undefined;
  readonly tau?: number | undefined;
  readonly tauFrom?: string | undefined;
}

/** The flags that belong to each way to label. */
const own = {
  spans: ["after"],
  mining: ["answer", "maxTokens"],
  self: ["suffix", "tau", "tauFrom", "maxTokens"],
} as const satisfies Record<LabelMethod, readonly (keyof LabelFlags)[]>;

/** The way to label that the flags choose. Throws `invalid_request` unless it is one, and for flags of the others. */
export function chosenMethod(flags: LabelFlags): LabelMethod {
  const methods = Object.keys(own) as LabelMethod[];
  const chosen = methods.filter((method) => flags[method] === true);
  const [method] = chosen;
  if (method === undefined || chosen.length > 1) {
    const given = chosen.length === 0 ? "none" : `${chosen.length}`;
    throw new LenityError("invalid_request", `Expected one of --spans, --mining and --self; ${given} given.`);
  }
  const mine: readonly (keyof LabelFlags)[] = own[method];
  const others = Object.values(own).flat();
  const stray = others.find((flag) => flags[flag] !== undefined && !mine.includes(flag));
  if (stray !== undefined)
    throw new LenityError("invalid_request", `${flagName(stray)} has no effect with --${method}. Remove it.`);
  if (flags.tau !== undefined && flags.tauFrom !== undefined)
    throw new LenityError("invalid_request", "--tau and --tau-from both set τ. Use only one of them.");
  return method;
}

/** `--tau-from` for `tauFrom`. */
const flagName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
