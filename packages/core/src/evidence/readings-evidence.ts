import type { Scored, Token } from "../model.ts";
import { oneHot, type Sampling } from "../sampling.ts";
import { divergence } from "./divergence.ts";
import type { Evidence } from "./evidence.ts";
import { logitsEvidence } from "./logits-evidence.ts";
import type { Culprit } from "./name-the-model.ts";
import type { Measure, Reading, Readings, RowKind } from "./reading.ts";

/** A drafted block that was scored on the device with its logits. */
export interface ReadBlock {
  readonly readings: Readings;
  /** The lower ends of divergences, as in `Scored`. */
  readonly least?: Readings | undefined;
  /** The token that each position tests, except the bonus position. */
  readonly draft: readonly Token[];
  readonly vocabulary: number;
  readonly sampling: Sampling;
  /** Fetches the logits of one position, if they can be had. */
  readonly row?: Scored["row"];
  /** Draws tokens at one position, if the backend can. */
  readonly sample?: Scored["sample"];
}

/**
 * Evidence from numbers that were computed elsewhere. Rows can be read after `load`; at temperature 0 processed rows
 * can be read without it. Reading a number that was not requested throws: the verifier reads more than its `reads`
 * declares.
 */
export function readingsEvidence(block: ReadBlock, model?: Culprit): Evidence {
  const { readings, least, draft, vocabulary, sampling, row, sample } = block;
  const greedy = sampling.temperature === 0;
  const rows = new Map<number, Evidence>();
  const kindOf = (kind: RowKind) => (sampling.temperature === 1 ? "raw" : kind);

  const number = (at: number, reading: Reading): number => {
    if (!(at >= 0 && at <= draft.length))
      throw new RangeError(`Position ${at} is out of range; the evidence has ${draft.length + 1} positions.`);
    const values = readings[reading];
    if (values === undefined) throw undeclared(at, reading);
    return values[at] as number;
  };
  const loaded = (at: number, what: string): Evidence => {
    const evidence = rows.get(at);
    if (evidence === undefined) throw undeclared(at, what);
    return evidence;
  };
  const argmax = (at: number): Token => number(at, "argmax");
  const open = new Set<number>();

  const load = async (at: number): Promise<boolean> => {
    if (greedy || rows.has(at)) return true;
    const logits = await row?.(at);
    if (logits !== undefined) rows.set(at, logitsEvidence(logits, vocabulary, sampling, model));
    return rows.has(at);
  };

  const self: Evidence = {
    length: draft.length + 1,
    vocabulary,
    argmax,
    logits: (at) => loaded(at, "logits").logits(0),
    row: (at, kind = "processed") =>
      greedy && kind === "processed" ? oneHot(argmax(at), vocabulary) : loaded(at, "row").row(0, kind),
    probability(at, token, kind = "processed") {
      if (greedy && kind === "processed") return token === argmax(at) ? 1 : 0;
      if (token !== draft[at]) return loaded(at, `probability of token ${token}`).probability(0, token, kind);
      return Math.exp(number(at, `${kindOf(kind)} probability`));
    },
    supports(at, token) {
      if (!greedy) return Math.fround(this.probability(at, token)) > 0;
      if (token === argmax(at)) return true;
      return token === draft[at]
        ? number(at, "support") > 0
        : loaded(at, `support of token ${token}`).supports(0, token);
    },
    confidence: (at, kind = "processed") =>
      greedy && kind === "processed" ? 1 : Math.exp(number(at, `${kindOf(kind)} confidence`)),
    entropy: (at, kind = "processed") => (greedy && kind === "processed" ? 0 : number(at, `${kindOf(kind)} entropy`)),
    divergence(at: number, drafter: Evidence, measure: Measure, kind: RowKind = "processed"): number {
      if (!(greedy && kind === "processed")) return number(at, `${kindOf(kind)} ${measure}`);
      return argmax(at) === drafter.argmax(at) ? 0 : divergence(Float32Array.of(1, 0), Float32Array.of(0, 1), measure);
    },
    within: (at, token, k, delta) => token === draft[at] && number(at, `top ${k} within ${delta}`) > 0,
    topThreeEntropy: (at) => number(at, "top-three entropy"),
    below(at, drafter, measure, threshold, kind = "processed") {
      if (self.divergence(at, drafter, measure, kind) < threshold) return true;
      const lower = least?.[`${kindOf(kind)} ${measure}`]?.[at] ?? Number.POSITIVE_INFINITY;
      if (lower < threshold && !(greedy && kind === "processed")) open.add(at);
      return false;
    },
    undecided: (at) => open.has(at),
    reads(reading) {
      if (greedy && reading.startsWith("processed")) return true;
      const known = sampling.temperature === 1 ? (reading.replace("processed", "raw") as Reading) : reading;
      return readings[known] !== undefined;
    },
    ...(row !== undefined || greedy ? { load } : {}),
    ...(sample !== undefined && !greedy ? { sample } : {}),
  };
  return self;
}

/** The drafter's evidence, with probabilities of drafted tokens that were computed elsewhere, if any. */
export function withReadings(
  drafter: Evidence,
  { readings, draft, sampling }: Pick<ReadBlock, "readings" | "draft" | "sampling">,
): Evidence {
  return {
    length: drafter.length,
    vocabulary: drafter.vocabulary,
    argmax: (at) => drafter.argmax(at),
    logits: (at) => drafter.logits(at),
    row: (at, kind) => drafter.row(at, kind),
    probability(at, token, kind = "processed") {
      const known = readings[`${sampling.temperature === 1 ? "raw" : kind} draft-probability`]?.[at];
      return known === undefined || token !== draft[at] ? drafter.probability(at, token, kind) : Math.exp(known);
    },
    supports: (at, token) => drafter.supports(at, token),
    confidence: (at, kind) => drafter.confidence(at, kind),
    entropy: (at, kind) => drafter.entropy(at, kind),
    divergence: (at, other, measure, kind) => drafter.divergence(at, other, measure, kind),
    load: (at) => drafter.load?.(at) ?? Promise.resolve(true),
  };
}

function undeclared(at: number, what: string): TypeError {
  return new TypeError(
    `The ${what} of position ${at} was read, but the verifier's \`reads\` does not list it. Add it, or leave \`reads\` out.`,
  );
}
