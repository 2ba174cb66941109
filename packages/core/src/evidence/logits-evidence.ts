import { arithmetic } from "../arithmetic/fastest.ts";
import { probabilityOf, type Softmax } from "../arithmetic/softmax.ts";
import type { Token } from "../model.ts";
import { oneHot, type Sampling } from "../sampling.ts";
import { truncate, truncates } from "../truncate.ts";
import { divergence, entropy } from "./divergence.ts";
import type { Evidence, Row } from "./evidence.ts";
import { blame, type Culprit } from "./name-the-model.ts";
import type { Measure, RowKind } from "./reading.ts";

/** Evidence that keeps sums instead of rows: a probability, an entropy or a KL divergence needs no stored row. */
export interface LogitsEvidence extends Evidence {
  /** The row as a softmax. Undefined if it is not one: at temperature 0, or cut by top-k, top-p or min-p. */
  softmax(at: number, kind: RowKind): Softmax | undefined;
  /**
   * Passes the logits [length, vocabulary] to `use`, which may transfer them to another thread, and keeps what it
   * resolves with. Read nothing in the meantime.
   */
  transferLogits(use: (logits: Float32Array) => Promise<Float32Array>): Promise<void>;
}

/** Changes a position's logits in place. */
export type ShapeRow = (logits: Float32Array, at: number) => void;

/**
 * Evidence from logits in memory: [length, vocabulary], row-major. Only what a verifier reads is computed. Each row is
 * shaped first, if `shape` is given; the given logits stay as they are. At
 * temperature 0 the processed row is one-hot, so a probability or a confidence costs an argmax and no softmax. Logits
 * that are not numbers throw `bad_logits`, which names the model if it is given.
 */
export function logitsEvidence(
  own: Float32Array,
  vocabulary: number,
  sampling: Sampling,
  model?: Culprit,
  shape?: ShapeRow,
): LogitsEvidence {
  let all = own;
  const known: Map<number, unknown>[] = [];
  /** Computes each position once. */
  const remember = <T>(compute: (at: number) => T) => {
    const values = new Map<number, T>();
    known.push(values);
    return remembered(values, compute);
  };
  const length = all.length / vocabulary;
  const greedy = sampling.temperature === 0;
  const truncated = truncates(sampling);

  const given = (at: number): Float32Array => {
    if (!(at >= 0 && at < length))
      throw new RangeError(`Position ${at} is out of range; the evidence has ${length} positions.`);
    return all.subarray(at * vocabulary, (at + 1) * vocabulary);
  };
  const logits = shape === undefined ? given : remember((at) => shaped(given(at), at, shape));
  const best = remember((at) => blame(model, () => arithmetic().argmax(logits(at))));
  const smooth = (temperature: number) => {
    const softmax = remember((at) => blame(model, () => arithmetic().softmax(logits(at), temperature)));
    return {
      softmax,
      row: remember((at) => arithmetic().row(softmax(at))),
      entropy: remember((at) => arithmetic().entropy(softmax(at))),
    };
  };
  const raw = smooth(1);
  const tempered = sampling.temperature === 1 || greedy ? raw : smooth(sampling.temperature);
  const processed = remember((at) => (greedy ? oneHot(best(at), vocabulary) : truncate(tempered.row(at), sampling)));
  const processedEntropy = remember((at) => (greedy ? 0 : entropy(processed(at))));
  /** Undefined if the row is not a softmax. */
  const smoothOf = (kind: RowKind) => (kind === "raw" ? raw : greedy || truncated ? undefined : tempered);
  const divergences = new Map<string, number>();

  const self: LogitsEvidence = {
    length,
    vocabulary,
    argmax: best,
    logits,
    ownLogits: given,
    softmax: (at, kind) => smoothOf(kind)?.softmax(at),
    row: (at: number, kind: RowKind = "processed"): Row => (smoothOf(kind)?.row ?? processed)(at),
    probability(at: number, token: Token, kind: RowKind = "processed"): number {
      if (kind === "processed" && greedy) return token === best(at) ? 1 : 0;
      const softmax = self.softmax(at, kind);
      return softmax === undefined ? (processed(at)[token] ?? 0) : probabilityOf(softmax, token);
    },
    supports: (at, token) => (greedy ? (logits(at)[token] ?? low) > low : self.probability(at, token) > 0),
    confidence(at: number, kind: RowKind = "processed"): number {
      if (kind === "processed" && greedy) return 1;
      const softmax = self.softmax(at, kind);
      return softmax === undefined ? (processed(at)[best(at)] as number) : Math.fround(1 / softmax.sum);
    },
    entropy: (at: number, kind: RowKind = "processed") => (smoothOf(kind)?.entropy ?? processedEntropy)(at),
    divergence(at: number, drafter: Evidence, measure: Measure, kind: RowKind = "processed"): number {
      const key = `${at} ${measure} ${kind}`;
      let value = divergences.get(key);
      if (value === undefined) {
        value = between(self, drafter, at, measure, kind);
        divergences.set(key, value);
      }
      return value;
    },
    async transferLogits(use) {
      all = await use(all);
      // Cached softmaxes point to the old array.
      for (const values of known) values.clear();
    },
  };
  return self;
}

const low = Number.NEGATIVE_INFINITY;

/** A shaped copy. */
function shaped(logits: Float32Array, at: number, shape: ShapeRow): Float32Array {
  const row = logits.slice();
  shape(row, at);
  return row;
}

/** D(p, q), from sums if both rows are softmaxes and the measure allows it. */
function between(
  p: LogitsEvidence,
  q: Evidence & Partial<LogitsEvidence>,
  at: number,
  measure: Measure,
  kind: RowKind,
): number {
  if (measure === "kl" || measure === "reverse-kl") {
    const [target, draft] = [p.softmax(at, kind), q.softmax?.(at, kind)];
    if (target !== undefined && draft !== undefined)
      return measure === "kl" ? arithmetic().kl(target, draft) : arithmetic().kl(draft, target);
  }
  return divergence(p.row(at, kind), q.row(at, kind), measure);
}

function remembered<T>(values: Map<number, T>, compute: (at: number) => T): (at: number) => T {
  return (at) => {
    let value = values.get(at);
    if (value === undefined) {
      value = compute(at);
      values.set(at, value);
    }
    return value;
  };
}
