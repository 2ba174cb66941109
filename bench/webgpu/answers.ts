/** Answers of a pair on several devices: their texts and how fast they come. The lanes take turns. */
import { type Drafter, decode, type LanguageModel, type Policy, type Registry, type Token } from "@lenity/core";
import { firstDifference, gapAt, type TextDifference } from "../race/texts.ts";
import { quartiles, type Spread3 } from "../sizes/timer.ts";

/** A pair with each model somewhere. */
export interface PlacedPair {
  /** Where: `cpu`, `webgpu`, … */
  readonly place: string;
  readonly target: LanguageModel;
  /** Makes a drafter for each answer. */
  readonly drafter: () => Drafter;
}

export interface AnswerOptions {
  /** The first is the measure of all texts. */
  readonly pairs: readonly PlacedPair[];
  readonly registry: Registry;
  /** Besides plain decoding. */
  readonly policies: readonly Policy[];
  readonly prompts: readonly (readonly Token[])[];
  readonly control?: ReadonlySet<Token> | undefined;
  readonly maxTokens: number;
  /** How often everything is answered. */
  readonly turns: number;
  /** Milliseconds after which no further prompt begins. */
  readonly limit?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** The answers of one policy on one place. */
export interface AnswerRow {
  readonly place: string;
  /** `plain`, a preset's name or JSON. */
  readonly policy: string;
  /** Tokens a second from the first round to the end, of single answers. */
  readonly decode: Spread3;
  /** Milliseconds until the first round has ended. */
  readonly firstTokens: Spread3;
  readonly tokensPerPass: number;
  readonly draftedPerPass: number;
  /** Answers of the first turn, and how many are those of the first pair's plain decoding, token for token. */
  readonly answers: number;
  readonly equal: number;
  /** Where the others first differ. */
  readonly differences: readonly TextDifference[];
}

interface Lane {
  readonly pair: PlacedPair;
  readonly policy: Policy | undefined;
  /** By prompt, of the first turn. */
  readonly texts: Token[][];
  readonly speeds: number[];
  readonly firsts: number[];
  tokens: number;
  passes: number;
  drafted: number;
}

/** Answers every prompt in every lane, until the limit. */
export async function answerAll(options: AnswerOptions): Promise<AnswerRow[]> {
  const { pairs, policies, prompts, turns, limit = Number.POSITIVE_INFINITY } = options;
  const lanes = pairs.flatMap((pair) =>
    [undefined, ...policies].map(
      (policy): Lane => ({ pair, policy, texts: [], speeds: [], firsts: [], tokens: 0, passes: 0, drafted: 0 }),
    ),
  );
  // Devices compile at first.
  for (const lane of lanes) await answer({ ...lane, texts: [], speeds: [], firsts: [] }, prompts[0] ?? [], options);
  const began = performance.now();
  for (let at = 0; at < turns * prompts.length; at++) {
    if (at > 0 && performance.now() - began > limit) break;
    // Each lane runs first, second, … equally often.
    for (let next = 0; next < lanes.length; next++)
      await answer(lanes[(at + next) % lanes.length] as Lane, prompts[at % prompts.length] ?? [], options);
    options.progress?.(at + 1, turns * prompts.length);
  }
  const rows: AnswerRow[] = [];
  for (const lane of lanes) rows.push(await rowOf(lane, lanes[0] as Lane, options));
  return rows;
}

async function answer(lane: Lane, prompt: readonly Token[], options: AnswerOptions): Promise<void> {
  const { pair, policy } = lane;
  const { registry, control, maxTokens, prompts } = options;
  const speculation =
    policy === undefined ? { draftTokens: 0 } : { drafter: pair.drafter(), verifier: registry.create(policy) };
  const tokens: Token[] = [];
  let [first, together] = [0, 0];
  const began = performance.now();
  for await (const event of decode(prompt, { target: pair.target, control, maxTokens, ...speculation })) {
    if (event.type === "finish") {
      lane.passes += event.counters.rounds;
      lane.drafted += event.counters.drafted;
      break;
    }
    tokens.push(...event.tokens.map(({ token }) => token));
    if (together > 0) continue;
    [first, together] = [performance.now() - began, event.tokens.length];
  }
  const took = performance.now() - began - first;
  lane.tokens += tokens.length;
  lane.firsts.push(first);
  if (tokens.length > together) lane.speeds.push((1000 * (tokens.length - together)) / took);
  if (lane.texts.length < prompts.length) lane.texts.push(tokens);
}

async function rowOf(lane: Lane, measure: Lane, { prompts }: AnswerOptions): Promise<AnswerRow> {
  const { pair, policy, texts, speeds, firsts } = lane;
  const differences: TextDifference[] = [];
  for (const [prompt, text] of texts.entries()) {
    const right = measure.texts[prompt] ?? [];
    const difference = firstDifference(text, right, prompt);
    if (difference === undefined) continue;
    const before = [...(prompts[prompt] ?? []), ...right.slice(0, difference.at)];
    differences.push({ ...difference, gap: await gapAt(measure.pair.target, before, difference.tokens) });
  }
  return {
    place: pair.place,
    policy: policy === undefined ? "plain" : typeof policy === "string" ? policy : JSON.stringify(policy),
    decode: quartiles(speeds.length === 0 ? [0] : speeds),
    firstTokens: quartiles(firsts),
    tokensPerPass: lane.tokens / lane.passes,
    draftedPerPass: lane.drafted / lane.passes,
    answers: texts.length,
    equal: texts.length - differences.length,
    differences,
  };
}
