import { charged } from "../charges.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import type { Token } from "../model.ts";
import { sampling, softmax } from "../sampling.ts";
import type { Round, Verdict, Verifier } from "../verifier.ts";

/** The logits of the token that follows a context. */
export type LogitsOf = (context: readonly Token[]) => Float32Array;

export interface ChainLawOptions {
  readonly verifier: Verifier;
  readonly target: LogitsOf;
  readonly drafter: LogitsOf;
  readonly prompt: readonly Token[];
  /** Tokens of the answer. */
  readonly length: number;
  readonly draftTokens: number;
  readonly control?: ReadonlySet<Token> | undefined;
}

/**
 * The exact distribution over all answers of `length` tokens at temperature 1, by enumerating every draft and every
 * outcome of its coins, without sampling. For verifiers whose decision at a position depends only on that position's
 * coin and accepts below some value of it.
 */
export async function chainLaw({
  verifier,
  target,
  drafter,
  prompt,
  length,
  draftTokens,
  control = new Set(),
}: ChainLawOptions): Promise<Map<string, number>> {
  const law = new Map<string, number>();
  const settings = sampling({ temperature: 1 });
  const evidence = (logits: LogitsOf, context: readonly Token[], draft: readonly Token[], rows: number) => {
    const parts = Array.from({ length: rows }, (_, at) => [...logits([...context, ...draft.slice(0, at)])]);
    return logitsEvidence(Float32Array.from(parts.flat()), (parts[0] as number[]).length, settings);
  };

  const continueFrom = async (answer: readonly Token[], weight: number, spent: Round["spent"]): Promise<void> => {
    if (weight === 0) return;
    if (answer.length === length) {
      law.set(answer.join(), (law.get(answer.join()) ?? 0) + weight);
      return;
    }
    const context = [...prompt, ...answer];
    const blockLength = Math.min(draftTokens, length - answer.length - 1);
    for (const { draft, probability } of drafts(drafter, context, blockLength)) {
      // The rows are the same for every coin, so they are computed once.
      const p = evidence(target, context, draft, blockLength + 1);
      const q = blockLength > 0 ? evidence(drafter, context, draft, blockLength) : undefined;
      const facts = {
        context,
        promptLength: prompt.length,
        spent,
        looping: false,
        draft,
        target: p,
        drafter: q,
        greedy: false,
        control,
      };
      const ask = async (at: number, coin: number): Promise<Verdict> =>
        verifier.verify({ ...facts, uniform: draft.map((_, i) => (i === at ? coin : 0)) });
      let reached = weight * probability;
      for (let at = 0; at <= blockLength && reached > 0; at++) {
        const accepted = at < blockLength ? await bisect(async (coin) => (await ask(at, coin)).accept[at] === true) : 0;
        const drawn = reached * (1 - accepted);
        if (drawn > 0) {
          const verdict = blockLength > 0 ? await ask(at, 1 - 2 ** -53) : undefined;
          const row = (at < blockLength ? verdict?.replacement?.(at) : undefined) ?? p.row(at);
          for (let token = 0; token < row.length; token++)
            await continueFrom(
              [...answer, ...draft.slice(0, at), token],
              drawn * (row[token] as number),
              charged(spent, verdict?.charges, at + 1),
            );
        }
        reached *= accepted;
      }
    }
  };
  await continueFrom([], 1, new Map());
  return law;
}

/** Every draft of `length` tokens with its probability under the drafter. */
function drafts(
  drafter: LogitsOf,
  context: readonly Token[],
  length: number,
): { draft: readonly Token[]; probability: number }[] {
  if (length === 0) return [{ draft: [], probability: 1 }];
  return drafts(drafter, context, length - 1).flatMap(({ draft, probability }) =>
    Array.from(softmax(drafter([...context, ...draft])), (q, token) => ({
      draft: [...draft, token],
      probability: probability * q,
    })),
  );
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
