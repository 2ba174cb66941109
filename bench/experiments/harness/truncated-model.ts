/** Targets whose rows are cut before sampling: the honest baselines of rules that accept what is in a set. */
import type { AppendOptions, LanguageModel, Scores, Session } from "@lenity/core";
import { argmax, softmax } from "@lenity/core";

/** The tokens that may be drawn from a row. The most probable one always may. */
export type Truncation =
  /** The k most probable, at most `delta` below the highest probability: the set of `topk`. */
  | { readonly kind: "topk"; readonly k: number; readonly delta: number }
  /** Above min(epsilon, delta·e^−H): the set of `typical`. */
  | { readonly kind: "typical"; readonly epsilon: number; readonly delta: number }
  /** At least `share` of the highest probability: the set of `lenience` at temperature 0, and min-p. */
  | { readonly kind: "ratio"; readonly share: number }
  /** At least this probability: the set of `threshold` with `single`. */
  | { readonly kind: "least"; readonly probability: number }
  /** All where the entropy is at least this, elsewhere only the most probable: the set of an entropy gate. */
  | { readonly kind: "entropy"; readonly least: number };

/** The least probability that may be drawn from the row, which is not above the highest. */
export function leastProbability(row: Float32Array, truncation: Truncation): number {
  const highest = row.reduce((most, p) => Math.max(most, p), 0);
  return Math.min(highest, bound(row, highest, truncation));
}

function bound(row: Float32Array, highest: number, truncation: Truncation): number {
  switch (truncation.kind) {
    case "topk": {
      const kth = row.toSorted()[Math.max(0, row.length - truncation.k)] as number;
      return Math.max(kth, highest - truncation.delta);
    }
    case "typical":
      return Math.min(truncation.epsilon, truncation.delta * Math.exp(-entropy(row)));
    case "ratio":
      return truncation.share * highest;
    case "least":
      return truncation.probability;
    case "entropy":
      return entropy(row) >= truncation.least ? 0 : highest;
  }
}

const entropy = (row: Float32Array): number => row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);

/**
 * The model without the tokens that the truncation rules out, for sampling at this temperature. Ties with the last
 * token that may be drawn may be drawn, too.
 */
export function truncatedModel(model: LanguageModel, truncation: Truncation, temperature: number): LanguageModel {
  const cut = (all: Float32Array): Float32Array => {
    for (let from = 0; from < all.length; from += model.vocabulary) {
      const logits = all.subarray(from, from + model.vocabulary);
      const row = softmax(logits, temperature);
      const [least, best] = [leastProbability(row, truncation), argmax(logits)];
      for (let i = 0; i < row.length; i++) {
        if ((row[i] as number) < least && i !== best) logits[i] = Number.NEGATIVE_INFINITY;
      }
    }
    return all;
  };
  return {
    ...model,
    async open(options) {
      const session = await model.open(options);
      return {
        get length() {
          return session.length;
        },
        async append(tokens: Parameters<Session["append"]>[0], how?: AppendOptions): Promise<Scores> {
          const scores = await session.append(tokens, how);
          return { ...scores, logits: cut(scores.logits.slice()) };
        },
        rewind: (length) => session.rewind(length),
        close: () => session.close(),
      };
    },
  };
}
