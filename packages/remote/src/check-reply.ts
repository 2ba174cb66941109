/** Checks of what an engine sent, so that a surprise is one clear error. */
import { LenityError } from "@lenity/core";
import type { Listed } from "./engine.ts";

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The field of an object, or undefined. */
export const fieldOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The error for an answer without what it should have. */
export function malformed(engine: string, what: string): LenityError {
  return new LenityError(
    "engine_failed",
    `${engine} answered without ${what}. Check that it is the engine and the version that you mean, and that it returns log probabilities.`,
    { kind: "engine_malformed" },
  );
}

/** Engines write −∞ as null, or as a number that JSON has. */
export const logprobOf = (value: unknown): number =>
  typeof value === "number" && value > -9999 ? Math.min(0, value) : Number.NEGATIVE_INFINITY;

/** Best first; of equals, the lowest id first. */
export const byProbability = (list: readonly Listed[]): Listed[] =>
  [...list].sort((a, b) => b.logprob - a.logprob || a.token - b.token);
