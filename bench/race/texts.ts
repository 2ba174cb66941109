/** Whether lanes that must give the same text do, and how close the choice was where they do not. */
import type { LanguageModel, Token } from "@lenity/core";
import { type Engine, laneName } from "./lane.ts";
import type { LaneResult } from "./race.ts";

/** A first difference between the answers of a lane and of the reference to one prompt. */
export interface TextDifference {
  readonly prompt: number;
  /** Index in the answer. */
  readonly at: number;
  /** The lane's token and the reference's; undefined if that answer ended there. */
  readonly tokens: readonly [Token | undefined, Token | undefined];
  /** The reference model's logit of its own choice less that of the lane's, there. */
  readonly gap: number;
}

export interface TextComparison {
  readonly lane: string;
  readonly engine: Engine;
  /** The lane whose texts are the measure. */
  readonly reference: string;
  /** How many answers were compared, and how many were the same token for token. */
  readonly answers: number;
  readonly equal: number;
  /** Where a difference must be explained: between lossless lanes in float32. */
  readonly differences?: readonly TextDifference[] | undefined;
}

/**
 * Gaps below this are within what engines in float32 differ by, since each sums in another order. llama.cpp also keeps
 * keys and values in float16: along an answer of 100 tokens its gaps differed from ours by 6e-4 in the median, and by
 * 5e-3 at most.
 */
export const roundingGap = (engine: Engine): number => (engine === "llama.cpp" ? 1e-2 : 1e-3);

/** Compares every lane with lenity's plain decoding in float32. */
export async function compareTexts(
  results: readonly LaneResult[],
  prompts: readonly (readonly Token[])[],
  target: LanguageModel,
): Promise<TextComparison[]> {
  const reference = results.find(({ lane }) => lane.engine === "lenity" && isPlain32(lane));
  if (reference === undefined) return [];
  const comparisons: TextComparison[] = [];
  for (const result of results) {
    if (result === reference) continue;
    const [own, right] = [answersOf(result), answersOf(reference)];
    const unequal = own.flatMap((tokens, prompt) => firstDifference(tokens, right[prompt] ?? [], prompt) ?? []);
    const differences: TextDifference[] = [];
    for (const { prompt, at, tokens } of unequal) {
      const before = [...(prompts[prompt] ?? []), ...(right[prompt] ?? []).slice(0, at)];
      differences.push({ prompt, at, tokens, gap: await gapAt(target, before, tokens) });
    }
    comparisons.push({
      ...{ lane: laneName(result.lane), engine: result.lane.engine, reference: laneName(reference.lane) },
      ...{ answers: own.length, equal: own.length - unequal.length },
      differences: isExact32(result) ? differences : undefined,
    });
  }
  return comparisons;
}

const answersOf = ({ chunks }: LaneResult): (readonly Token[])[] => chunks.flat().map(({ tokens }) => tokens);
const isPlain32 = ({ weights, policy, draft }: LaneResult["lane"]): boolean =>
  (weights === "fp32" || weights === "f32") && policy === undefined && draft === undefined;
/** Whether the lane computes in float32 and promises the target's own text. */
const isExact32 = ({ lane }: LaneResult): boolean =>
  isPlain32({ ...lane, policy: undefined, draft: undefined }) && (lane.policy ?? "strict") === "strict";

/** Where two answers to a prompt first differ; undefined if they are the same. */
export function firstDifference(
  own: readonly Token[],
  right: readonly Token[],
  prompt: number,
): Omit<TextDifference, "gap"> | undefined {
  const length = Math.max(own.length, right.length);
  for (let at = 0; at < length; at++) if (own[at] !== right[at]) return { prompt, at, tokens: [own[at], right[at]] };
  return undefined;
}

/**
 * The target's logit of the second token less that of the first, after some text. An answer that ended there has the
 * first of the target's EOS tokens.
 */
export async function gapAt(
  target: LanguageModel,
  before: readonly Token[],
  [own, right]: TextDifference["tokens"],
): Promise<number> {
  const session = await target.open();
  try {
    const { logits } = await session.append(before, { rows: 1 });
    const logit = (token: Token | undefined) => logits[token ?? (target.eos[0] as Token)] as number;
    return logit(right) - logit(own);
  } finally {
    await session.close();
  }
}
