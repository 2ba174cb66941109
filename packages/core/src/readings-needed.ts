/** Which numbers of a block's rows a round reads, and what reads whole rows. */
import { type Reading, readsDraft } from "./evidence/reading.ts";
import type { Reach } from "./model.ts";
import type { Sampling } from "./sampling.ts";
import { truncates } from "./truncate.ts";
import type { Verifier } from "./verifier.ts";

/** What decides which numbers a round reads. */
export interface ReadingNeeds {
  readonly verifier: Pick<Verifier, "drawing" | "law" | "reads">;
  readonly sampling: Sampling;
  /** Whether the request has processors or a grammar. Numbers computed elsewhere do not know them. */
  readonly shaped: boolean;
  /** Whether emitted tokens are traced or scored. The probability of any token may then be read. */
  readonly trace: boolean;
  /** Whether the block has drafted tokens. */
  readonly drafted: boolean;
}

/** The numbers that a round reads; or, as the end of a sentence, why it needs whole rows. */
export function readingsNeeded(needs: ReadingNeeds, { gives, draws }: Reach): ReadonlySet<Reading> | string {
  const { verifier, sampling, shaped, trace, drafted } = needs;
  const greedy = sampling.temperature === 0;
  if (shaped) return "processors (penalties, biases, a minimum length) and grammars change whole rows";
  if (trace) return "traces and log probabilities read the probability of any token";
  if (!greedy && truncates(sampling)) return "top-k, top-p and min-p cut whole rows";
  if (!drafted) {
    if (greedy) return new Set<Reading>(["argmax"]);
    if (verifier.drawing === "noise") return "the policy draws tokens by noise, which takes whole rows";
    if (draws && sampling.temperature === 1) return new Set();
    return drawsElsewhere(sampling);
  }
  if (verifier.reads === undefined) return "the policy reads whole rows";
  const read = simplest(verifier, sampling);
  const missing = [...read].filter((reading) => !gives(reading));
  if (missing.length > 0) {
    return greedy || sampling.temperature === 1
      ? `the policy reads what is known only of whole rows: ${missing.join(", ")}`
      : drawsElsewhere(sampling);
  }
  return read;
}

const drawsElsewhere = ({ temperature }: Sampling): string =>
  `the temperature is ${temperature}, and drawing tokens there takes whole rows`;

/** The readings of a verifier. At temperature 0 processed rows follow from the argmax; at 1 they equal the raw ones. */
function simplest({ reads = [], law }: Pick<Verifier, "law" | "reads">, { temperature }: Sampling): Set<Reading> {
  const greedy = temperature === 0;
  // The loop counts what speculative sampling would have rejected, which reads both probabilities.
  const read = new Set<Reading>([...reads, "processed probability"]);
  // It also checks whether the request allows a token. Above temperature 0 the probability shows that; at 0 a lossless
  // rule accepts only the argmax.
  if (greedy && law !== "exact") read.add("support");
  if ([...read].some(readsDraft)) read.add("processed draft-probability");
  const inSimplestTerms = (reading: Reading): readonly Reading[] => {
    if (!reading.startsWith("processed")) return [reading];
    if (greedy) return ["argmax"];
    return [temperature === 1 ? (reading.replace("processed", "raw") as Reading) : reading];
  };
  return new Set([...read].flatMap(inSimplestTerms));
}
