import { charged } from "../charges.ts";
import type { DecodeOptions } from "../decode-options.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import type { Token } from "../model.ts";
import { requestShaping } from "../request-shaping.ts";
import { sampling, softmax } from "../sampling.ts";
import { withinSupport } from "../support.ts";
import type { Round, Verdict, Verifier } from "../verifier.ts";

/** The logits of the token that follows a context. */
export type LogitsOf = (context: readonly Token[]) => Float32Array;

export interface ChainLawOptions extends Pick<DecodeOptions, "processors" | "grammar"> {
  readonly verifier: Verifier;
  readonly target: LogitsOf;
  readonly drafter: LogitsOf;
  readonly prompt: readonly Token[];
  /** The most tokens of the answer. */
  readonly length: number;
  readonly draftTokens: number;
  readonly control?: ReadonlySet<Token> | undefined;
  /** Tokens that end an answer. Default: none. */
  readonly eos?: readonly Token[] | undefined;
  /** Whether the drafter ignores the processors and the grammar, as one that drafts whole blocks may. Default: false. */
  readonly unshaped?: boolean | undefined;
}

/**
 * The exact distribution over all answers at temperature 1, by enumerating every draft and every outcome of its coins,
 * without sampling. For verifiers that accept below some value of a coin: of each position by itself, or if they are
 * `joint`, of the block as a whole.
 */
export async function chainLaw(options: ChainLawOptions): Promise<Map<string, number>> {
  const { verifier, prompt, length, control = new Set() } = options;
  const eos = new Set(options.eos);
  const law = new Map<string, number>();
  const continueFrom = async (answer: readonly Token[], weight: number, spent: Round["spent"]): Promise<void> => {
    if (weight === 0) return;
    if (answer.length === length || eos.has(answer.at(-1) ?? -1)) {
      law.set(answer.join(), (law.get(answer.join()) ?? 0) + weight);
      return;
    }
    const context = [...prompt, ...answer];
    for (const { draft, probability, target, drafter } of blocksAfter(answer, options)) {
      // The rows are the same for every coin, so they are computed once.
      const facts = { context, promptLength: prompt.length, spent, looping: false, draft, target, drafter };
      const ask = async (uniform: readonly number[]): Promise<Verdict> => {
        const round = { ...facts, greedy: false, control, uniform, noise: 0 };
        return withinSupport(await verifier.verify(round), round);
      };
      for (const { accepted, probability: chance, verdict } of await outcomes(verifier, ask, draft.length)) {
        const reached = weight * probability * chance;
        const kept = [...answer, ...draft.slice(0, accepted)];
        const after = (emitted: number) => charged(spent, verdict?.charges, emitted);
        if (accepted > 0 && eos.has(draft[accepted - 1] as Token)) await continueFrom(kept, reached, after(accepted));
        else if (reached > 0) {
          const row = (accepted < draft.length ? verdict?.replacement?.(accepted) : undefined) ?? target.row(accepted);
          for (let token = 0; token < row.length; token++)
            await continueFrom([...kept, token], reached * (row[token] as number), after(accepted + 1));
        }
      }
    }
  };
  await continueFrom([], 1, new Map());
  return law;
}

/** A draft that may follow an answer, with its probability and the rows of both models. */
interface Block {
  readonly draft: readonly Token[];
  readonly probability: number;
  readonly target: Evidence;
  readonly drafter: Evidence | undefined;
}

/** Every block that the drafter may propose after this answer, cut and shaped as the loop does it. */
function blocksAfter(answer: readonly Token[], options: ChainLawOptions): Block[] {
  const { processors, grammar, prompt, length, draftTokens, eos = [], unshaped } = options;
  const committed = [...prompt, ...answer];
  const vocabulary = options.target(committed).length;
  const request = { processors, grammar, target: { vocabulary, eos }, committed, promptLength: prompt.length };
  const shaping = requestShaping(request);
  const settings = sampling({ temperature: 1 });
  const rowsOf = (model: LogitsOf, draft: readonly Token[], rows: number): Float32Array =>
    Float32Array.from(
      Array.from({ length: rows }, (_, at) => [...model([...committed, ...draft.slice(0, at)])]).flat(),
    );
  const proposed = (drafted: readonly Token[]): Float32Array | undefined => {
    const logits = options.drafter([...committed, ...drafted]).slice();
    return unshaped === true || shaping?.shape(logits, drafted) !== false ? logits : undefined;
  };
  const drafter: LogitsOf = (context) => proposed(context.slice(committed.length)) as Float32Array;
  const limit = Math.min(draftTokens, length - answer.length - 1);
  return drafts(proposed, new Set(eos), limit).map(({ draft: whole, probability }) => {
    const draft = shaping?.cut(whole, true) ?? whole;
    const shape = shaping && ((logits: Float32Array, at: number) => void shaping.shape(logits, draft.slice(0, at)));
    const target = rowsOf(options.target, draft, draft.length + 1);
    return {
      draft,
      probability,
      target: logitsEvidence(target, vocabulary, settings, undefined, shape),
      drafter:
        draft.length === 0 ? undefined : logitsEvidence(rowsOf(drafter, draft, draft.length), vocabulary, settings),
    };
  });
}

/** Every draft of up to `limit` tokens with its probability. A draft ends at EOS, or where no token is left. */
function drafts(
  logitsAfter: (drafted: readonly Token[]) => Float32Array | undefined,
  eos: ReadonlySet<Token>,
  limit: number,
  draft: readonly Token[] = [],
): { draft: readonly Token[]; probability: number }[] {
  const over = draft.length >= limit || eos.has(draft.at(-1) ?? -1);
  const logits = over ? undefined : logitsAfter(draft);
  if (logits === undefined) return [{ draft, probability: 1 }];
  return Array.from(softmax(logits)).flatMap((q, token) =>
    (q === 0 ? [] : drafts(logitsAfter, eos, limit, [...draft, token])).map(({ draft, probability }) => ({
      draft,
      probability: q * probability,
    })),
  );
}

/** How many tokens of a block are accepted, with the probability of that and a verdict of such coins. */
interface Outcome {
  readonly accepted: number;
  readonly probability: number;
  readonly verdict: Verdict | undefined;
}

/** A coin that nothing below 1 accepts. */
const highest = 1 - 2 ** -53;

async function outcomes(
  { joint }: Pick<Verifier, "joint">,
  ask: (uniform: readonly number[]) => Promise<Verdict>,
  length: number,
): Promise<readonly Outcome[]> {
  if (length === 0) return [{ accepted: 0, probability: 1, verdict: undefined }];
  const coins = (coin: (at: number) => number) => Array.from({ length }, (_, at) => coin(at));
  const found: Outcome[] = [];
  let left = 1;
  if (joint === true) {
    // The largest j whose coin is accepted decides: one threshold at a time, with all later coins rejecting.
    for (let j = length; j >= 1 && left > 0; j--) {
      const threshold = await bisect(async (coin) => {
        const { accept } = await ask(coins((at) => (at < j - 1 ? 0 : at === j - 1 ? coin : highest)));
        return accept.slice(0, j).every(Boolean);
      });
      const verdict = await ask(coins((at) => (at < j ? 0 : highest)));
      found.push({ accepted: j, probability: left * threshold, verdict });
      left *= 1 - threshold;
    }
    return [...found, { accepted: 0, probability: left, verdict: await ask(coins(() => highest)) }];
  }
  for (let j = 0; j < length && left > 0; j++) {
    const at = (coin: number) => coins((i) => (i === j ? coin : 0));
    const accepted = await bisect(async (coin) => (await ask(at(coin))).accept[j] === true);
    if (accepted < 1) found.push({ accepted: j, probability: left * (1 - accepted), verdict: await ask(at(highest)) });
    left *= accepted;
  }
  return [...found, { accepted: length, probability: left, verdict: await ask(coins(() => 0)) }];
}

/** The probability that a uniform coin is accepted, if every coin below some value is. */
export async function bisect(accepts: (coin: number) => Promise<boolean>): Promise<number> {
  if (await accepts(1 - 2 ** -53)) return 1;
  if (!(await accepts(0))) return 0;
  let low = 0;
  let high = 1;
  for (let i = 0; i < 26; i++) {
    const middle = (low + high) / 2;
    if (await accepts(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
