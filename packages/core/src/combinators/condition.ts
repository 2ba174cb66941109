/** Conditions on one position of a block: when a rule applies. */
import * as v from "valibot";
import { LenityError } from "../error.ts";
import type { Reading } from "../evidence/reading.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { Round } from "../verifier.ts";
import { insideJson, insideTags, textsBefore } from "./region.ts";

/** A condition that is ready to be evaluated. */
export interface Condition {
  /** Whether it depends only on the prefix, not on the drafted token. */
  readonly positional: boolean;
  /** Everything it reads from the target's rows. */
  readonly reads: readonly Reading[];
  /** One answer per drafted token. */
  holds(round: Round): readonly boolean[];
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const nats = v.pipe(v.number(), v.minValue(0));
const place = v.pipe(v.number(), v.integer(), v.minValue(0));
const tags = v.strictTuple([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.string(), v.nonEmpty())]);

/** Conditions as JSON. If there are several keys, all must hold. */
export const conditionSchema: v.GenericSchema<unknown, ConditionOptions> = v.strictObject({
  max_confidence: v.optional(share),
  min_confidence: v.optional(share),
  max_entropy: v.optional(nats),
  min_entropy: v.optional(nats),
  max_position: v.optional(place),
  min_position: v.optional(place),
  inside: v.optional(tags),
  outside: v.optional(tags),
  json: v.optional(v.boolean()),
  tool_call: v.optional(v.boolean()),
  tokens: v.optional(v.array(v.pipe(v.number(), v.integer(), v.minValue(0)))),
  texts: v.optional(v.array(v.string())),
});

export interface ConditionOptions {
  /** The target's highest raw probability is at most, or at least, this. */
  readonly max_confidence?: number | undefined;
  readonly min_confidence?: number | undefined;
  /** The entropy of the target's raw row, in nats. */
  readonly max_entropy?: number | undefined;
  readonly min_entropy?: number | undefined;
  /** The token's index in the answer, from 0, is at most, or at least, this. */
  readonly max_position?: number | undefined;
  readonly min_position?: number | undefined;
  /** The position is between these tags, or not between them. */
  readonly inside?: readonly [string, string] | undefined;
  readonly outside?: readonly [string, string] | undefined;
  /** The position is in a JSON object, or (false) outside of one. */
  readonly json?: boolean | undefined;
  /** The same for `<tool_call>…</tool_call>`. */
  readonly tool_call?: boolean | undefined;
  /** The target's argmax or the drafted token is one of these ids. */
  readonly tokens?: readonly number[] | undefined;
  /** The same by text, without surrounding spaces: "0", "refuse". */
  readonly texts?: readonly string[] | undefined;
}

/** Throws `invalid_policy` if a condition on text has no tokenizer to check it with, or if there are no conditions. */
export function condition(options: ConditionOptions, tokenizer: Tokenizer | undefined, path: string): Condition {
  const { tokens, texts, inside, outside, json, tool_call: toolCall } = options;
  const readsText = [inside, outside, json, toolCall, texts].some((value) => value !== undefined);
  if (readsText && tokenizer === undefined) {
    throw new LenityError(
      "invalid_policy",
      `${path} depends on text, but this registry has no tokenizer. Pass one to defaultRegistry.`,
      {
        path,
      },
    );
  }
  if (Object.values(options).every((value) => value === undefined)) {
    throw new LenityError(
      "invalid_policy",
      `${path} is empty; expected one of ${Object.keys((conditionSchema as unknown as { entries: object }).entries).join(", ")}.`,
      { path },
    );
  }
  const ids = new Set(tokens);
  const words = new Set(texts);
  const named = (token: number) =>
    ids.has(token) || (words.size > 0 && words.has(tokenizer?.decode([token], { special: true }).trim() ?? ""));
  const regions: ((text: string) => boolean)[] = [];
  if (inside !== undefined) regions.push((text) => insideTags(text, ...inside));
  if (outside !== undefined) regions.push((text) => !insideTags(text, ...outside));
  if (json !== undefined) regions.push((text) => insideJson(text) === json);
  if (toolCall !== undefined) regions.push((text) => insideTags(text, "<tool_call>", "</tool_call>") === toolCall);

  return {
    positional: tokens === undefined && texts === undefined,
    reads: [
      ...((tokens ?? texts) === undefined ? [] : (["argmax"] as const)),
      ...((options.max_confidence ?? options.min_confidence) === undefined ? [] : (["raw confidence"] as const)),
      ...((options.max_entropy ?? options.min_entropy) === undefined ? [] : (["raw entropy"] as const)),
    ],
    holds(round) {
      const { draft, target, context, promptLength } = round;
      const before = regions.length > 0 && tokenizer !== undefined ? textsBefore(round, tokenizer) : [];
      const {
        max_confidence = 1,
        min_confidence = 0,
        max_entropy = Number.POSITIVE_INFINITY,
        min_entropy = 0,
        max_position = Number.POSITIVE_INFINITY,
        min_position = 0,
      } = options;
      return draft.map((token, at) => {
        const position = context.length - promptLength + at;
        if (position > max_position || position < min_position) return false;
        if (regions.some((holds) => !holds(before[at] as string))) return false;
        if ((tokens ?? texts) !== undefined && !named(token) && !named(target.argmax(at))) return false;
        if (max_confidence < 1 && target.confidence(at, "raw") > max_confidence) return false;
        if (min_confidence > 0 && target.confidence(at, "raw") < min_confidence) return false;
        if (max_entropy < Number.POSITIVE_INFINITY && target.entropy(at, "raw") > max_entropy) return false;
        return min_entropy === 0 || target.entropy(at, "raw") >= min_entropy;
      });
    },
  };
}
