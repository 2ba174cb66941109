/**
 * How a round scores its block: by the target's rows, or by only the numbers its verifier reads, if the backend can
 * compute those more cheaply.
 */
import type { Draft, Scoring } from "./drafter.ts";
import { LenityError } from "./error.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { type LogitsEvidence, logitsEvidence, type ShapeRow } from "./evidence/logits-evidence.ts";
import { readsDraft } from "./evidence/reading.ts";
import { readingsEvidence, withReadings } from "./evidence/readings-evidence.ts";
import { hiddenRows } from "./hidden-rows.ts";
import type { LanguageModel, Scored, Session, Token } from "./model.ts";
import { readingsNeeded } from "./readings-needed.ts";
import type { Sampling } from "./sampling.ts";
import type { Shaping } from "./shaping.ts";
import type { Hidden, Verifier } from "./verifier.ts";

/** What decides how a block is run. */
export interface ScoringOptions {
  readonly target: LanguageModel;
  readonly verifier: Verifier;
  readonly sampling: Sampling;
  /** The request's processors and grammar. Numbers computed on a device do not know them, so rows are fetched. */
  readonly shaping?: Shaping | undefined;
  /** Whether emitted tokens are traced or scored. The probability of any token may then be read. */
  readonly trace?: boolean | undefined;
  readonly logprobs?: unknown;
}

/** What a round needs to score its block. */
export interface BlockOptions extends ScoringOptions {
  readonly draft: Draft;
  /** A coin, if the target draws tokens itself. */
  readonly uniform?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is known about a block once the target has scored it. */
export interface ScoredBlock {
  readonly target: Evidence;
  readonly drafter: Evidence | undefined;
  readonly hidden: Hidden | undefined;
}

/**
 * Appends the committed tokens that the session lacks, at least the last, and the draft. Returns the evidence of both
 * models.
 */
export async function scoreBlock(
  session: Session,
  pending: readonly Token[],
  options: BlockOptions,
): Promise<ScoredBlock> {
  const { target, sampling, shaping, draft, signal } = options;
  const rows = draft.tokens.length + 1;
  const { hidden: kind, readings: needed, temperature } = scoringOf(session, options, draft.tokens.length > 0);
  if (needed === undefined) {
    const { logits, hidden } = await session.append([...pending, ...draft.tokens], { rows, hidden: kind, signal });
    const evidence = logitsEvidence(logits, target.vocabulary, sampling, target, shapeOf(shaping, draft.tokens));
    return { target: evidence, drafter: draft.evidence, hidden: hiddenOf(hidden, rows) };
  }
  if (pending.length > 1) await session.append(pending.slice(0, -1), { rows: 0, signal });
  const block = [...pending.slice(-1), ...draft.tokens];
  const score = (drafterLogits?: Float32Array) =>
    (session.score as NonNullable<Session["score"]>)(block, {
      readings: needed,
      temperature,
      drafterLogits,
      hidden: kind,
      uniform: options.uniform,
      signal,
    });
  const drafter = [...needed].some(readsDraft) ? draft.evidence : undefined;
  const { readings, hidden, ...scored } = drafter === undefined ? await score() : await withDraftLogits(drafter, score);
  const read = { ...scored, readings, draft: draft.tokens, vocabulary: target.vocabulary, sampling };
  return {
    target: readingsEvidence(read, target),
    drafter: drafter === undefined ? draft.evidence : withReadings(drafter, read),
    hidden: hiddenOf(hidden, rows),
  };
}

/** How a block is to be run: for rows, or for numbers if they are enough and the session has them. */
export function scoringOf(session: Session, options: ScoringOptions, drafted: boolean): Scoring {
  const { target, verifier, sampling } = options;
  const trace = options.trace === true || options.logprobs !== undefined;
  const needs = { verifier, sampling, shaped: options.shaping !== undefined, trace, drafted };
  const needed = session.score && target.reach && readingsNeeded(needs, target.reach);
  return {
    session,
    hidden: drafted ? verifier.needs?.hidden : undefined,
    temperature: sampling.temperature || 1,
    readings: typeof needed === "string" ? undefined : needed,
  };
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
