/**
 * How a round scores its block: by the target's rows, or by only the numbers its verifier reads, if the backend can
 * compute those more cheaply.
 */
import type { Draft } from "./drafter.ts";
import { LenityError } from "./error.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { type LogitsEvidence, logitsEvidence, type ShapeRow } from "./evidence/logits-evidence.ts";
import { type Reading, readsDraft } from "./evidence/reading.ts";
import { readingsEvidence, withReadings } from "./evidence/readings-evidence.ts";
import { hiddenRows } from "./hidden-rows.ts";
import type { LanguageModel, Scored, Session, Token } from "./model.ts";
import type { Sampling } from "./sampling.ts";
import type { Shaping } from "./shaping.ts";
import { truncates } from "./truncate.ts";
import type { Hidden, Verifier } from "./verifier.ts";

/** What a round needs to score its block. */
export interface BlockOptions {
  readonly target: LanguageModel;
  readonly verifier: Verifier;
  readonly sampling: Sampling;
  /** The request's processors and grammar. Numbers computed on a device do not know them, so rows are fetched. */
  readonly shaping?: Shaping | undefined;
  readonly draft: Draft;
  /** Whether emitted tokens are traced or scored. The probability of any token may then be read. */
  readonly trace: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What is known about a block once the target has scored it. */
export interface ScoredBlock {
  readonly target: Evidence;
  readonly drafter: Evidence | undefined;
  readonly hidden: Hidden | undefined;
}

/** Appends the block (the last committed token and the draft) and returns the evidence of both models. */
export async function scoreBlock(session: Session, last: Token, options: BlockOptions): Promise<ScoredBlock> {
  const { target, verifier, sampling, shaping, draft, signal } = options;
  const block = [last, ...draft.tokens];
  const kind = draft.tokens.length === 0 ? undefined : verifier.needs?.hidden;
  const needed = session.score === undefined ? undefined : readingsOf(options);
  if (session.score === undefined || needed === undefined) {
    const { logits, hidden } = await session.append(block, { hidden: kind, signal });
    const evidence = logitsEvidence(logits, target.vocabulary, sampling, target, shapeOf(shaping, draft.tokens));
    return { target: evidence, drafter: draft.evidence, hidden: hiddenOf(hidden, block.length) };
  }
  const temperature = sampling.temperature === 0 ? 1 : sampling.temperature;
  const score = (drafterLogits?: Float32Array) =>
    (session.score as NonNullable<Session["score"]>)(block, {
      readings: needed,
      temperature,
      drafterLogits,
      hidden: kind,
      signal,
    });
  const drafter = [...needed].some(readsDraft) ? draft.evidence : undefined;
  const { readings, hidden, row } = drafter === undefined ? await score() : await withDraftLogits(drafter, score);
  const read = { readings, draft: draft.tokens, vocabulary: target.vocabulary, sampling, row };
  return {
    target: readingsEvidence(read, target),
    drafter: drafter === undefined ? draft.evidence : withReadings(drafter, read),
    hidden: hiddenOf(hidden, block.length),
  };
}

/**
 * The readings a round needs; undefined if it needs rows. At temperature 0 processed rows follow from the argmax; at 1
 * they equal the raw ones. Traces read the probability of any token.
 */
function readingsOf({ verifier, sampling, shaping, draft, trace }: BlockOptions): ReadonlySet<Reading> | undefined {
  const greedy = sampling.temperature === 0;
  if (trace || shaping !== undefined) return undefined;
  // Drawing a token without a draft needs the whole row.
  if (draft.tokens.length === 0) return greedy ? new Set<Reading>(["argmax"]) : undefined;
  if (verifier.reads === undefined || (!greedy && truncates(sampling))) return undefined;
  // The loop counts what speculative sampling would have rejected, which reads both probabilities.
  const read = new Set<Reading>([...verifier.reads, "processed probability"]);
  // It also checks whether the request allows a token. Above temperature 0 the probability shows that; at 0 a lossless
  // rule accepts only the argmax.
  if (greedy && verifier.law !== "exact") read.add("support");
  if ([...read].some(readsDraft)) read.add("processed draft-probability");
  const inSimplestTerms = (reading: Reading): readonly Reading[] => {
    if (!reading.startsWith("processed")) return [reading];
    if (greedy) return ["argmax"];
    return [sampling.temperature === 1 ? (reading.replace("processed", "raw") as Reading) : reading];
  };
  return new Set([...read].flatMap(inSimplestTerms));
}

/** Shapes the row at each position of a block, which must leave a token. */
function shapeOf(shaping: Shaping | undefined, draft: readonly Token[]): ShapeRow | undefined {
  if (shaping === undefined) return undefined;
  return (logits, at) => {
    if (shaping.shape(logits, draft.slice(0, at))) return;
    throw new LenityError(
      "invalid_request",
      "The request's processors and grammar rule out every token that could come next; expected at least one. " +
        "Check that what they ban is not what the grammar needs.",
      { kind: "nothing_left" },
    );
  };
}

/** Scores with the drafter's logits, transferred or copied. */
async function withDraftLogits(
  evidence: Evidence & Partial<Pick<LogitsEvidence, "transferLogits">>,
  score: (drafterLogits: Float32Array) => Promise<Scored>,
): Promise<Scored> {
  let scored: Scored | undefined;
  const use = async (logits: Float32Array) => {
    scored = await score(logits);
    return scored.drafterLogits ?? logits;
  };
  if (evidence.transferLogits !== undefined) await evidence.transferLogits(use);
  else {
    const logits = new Float32Array(evidence.length * evidence.vocabulary);
    for (let at = 0; at < evidence.length; at++) logits.set(evidence.logits(at), at * evidence.vocabulary);
    await use(logits);
  }
  return scored as Scored;
}

/** Row i + 1 of the block is the position whose input is draft[i]. */
function hiddenOf(states: Float32Array | undefined, rows: number): Hidden | undefined {
  if (states === undefined) return undefined;
  const width = states.length / rows;
  return hiddenRows(states.subarray(width), width);
}
