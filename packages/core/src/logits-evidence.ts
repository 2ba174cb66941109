import { divergence, entropy, klOfLogits } from "./divergence.ts";
import type { Evidence, Measure, Row, RowKind } from "./evidence.ts";
import type { Token } from "./model.ts";
import { argmax, process, type Sampling, softmax } from "./sampling.ts";

/**
 * Evidence from logits that lie in memory: [length, vocabulary], row-major. What a verifier does not ask for is not computed; at temperature 0
 * the processed row is one-hot, so a probability or a confidence costs an argmax and no softmax.
 */
export function logitsEvidence(all: Float32Array, vocabulary: number, sampling: Sampling): Evidence {
  const length = all.length / vocabulary;
  const greedy = sampling.temperature === 0;
  const plain = sampling.temperature === 1 && sampling.topK === 0 && sampling.topP === 1 && sampling.minP === 0;

  const logits = (at: number): Float32Array => {
    if (!(at >= 0 && at < length)) throw new RangeError(`Position ${at} of evidence with ${length} positions.`);
    return all.subarray(at * vocabulary, (at + 1) * vocabulary);
  };
  const best = remember((at) => argmax(logits(at)));
  const raw = remember((at) => softmax(logits(at)));
  const processed = plain ? raw : remember((at) => process(logits(at), sampling));
  const row = (at: number, kind: RowKind = "processed"): Row => (kind === "raw" ? raw(at) : processed(at));
  const entropies = { raw: remember((at) => entropy(raw(at))), processed: remember((at) => (greedy ? 0 : entropy(processed(at)))) };
  const divergences = new Map<string, number>();

  return {
    length,
    vocabulary,
    argmax: best,
    logits,
    row,
    probability(at: number, token: Token, kind: RowKind = "processed"): number {
      if (kind === "processed" && greedy) return token === best(at) ? 1 : 0;
      return row(at, kind)[token] ?? 0;
    },
    confidence(at: number, kind: RowKind = "processed"): number {
      if (kind === "processed" && greedy) return 1;
      return row(at, kind)[best(at)] as number;
    },
    entropy: (at: number, kind: RowKind = "processed") => entropies[kind](at),
    divergence(at: number, drafter: Evidence, measure: Measure, kind: RowKind = "processed"): number {
      const key = `${at} ${measure} ${kind}`;
      let value = divergences.get(key);
      if (value === undefined) {
        value =
          measure === "kl" && (kind === "raw" || plain)
            ? klOfLogits(logits(at), logits(at)[best(at)] as number, drafter.logits(at), drafter.logits(at)[drafter.argmax(at)] as number)
            : divergence(row(at, kind), drafter.row(at, kind), measure);
        divergences.set(key, value);
      }
      return value;
    },
  };
}

/** Computes each position once. */
function remember<T>(compute: (at: number) => T): (at: number) => T {
  const known = new Map<number, T>();
  return (at) => {
    let value = known.get(at);
    if (value === undefined) {
      value = compute(at);
      known.set(at, value);
    }
    return value;
  };
}
