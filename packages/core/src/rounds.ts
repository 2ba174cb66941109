/**
 * The rounds of an answer, here (2211.17192, algorithm 1, with the acceptance rule as an argument).
 *
 * Invariant: between rounds the target's cache holds every committed token but the last. One round drafts K tokens,
 * runs the last committed token and the draft through the target, keeps the longest accepted prefix, adds a replacement
 * or a bonus token, and rewinds. If the drafter has to run the prompt too, the first round has no draft: the prompt's
 * last row gives the first token at once, and meanwhile the drafter may prepare.
 */
import { charged } from "./charges.ts";
import { commit } from "./commit.ts";
import type { EmittedToken } from "./decode-event.ts";
import { checkCancelled, type Request } from "./decode-request.ts";
import type { Draft } from "./drafter.ts";
import type { DecidedRound } from "./drafter-rounds.ts";
import { drawToken } from "./draw-token.ts";
import type { Session, Token } from "./model.ts";
import { overshootsOf } from "./overshoot.ts";
import { checkDraft } from "./preflight.ts";
import { relaxedBy } from "./relaxed.ts";
import { scoreBlock, scoringOf } from "./score-block.ts";
import { withinSupport } from "./support.ts";
import { tracedToken } from "./traced-token.ts";
import type { Round, Verdict } from "./verifier.ts";

/**
 * Rounds until the answer ends. With `left` the models work on the next round while the reader has this one; it ends
 * that if the reader leaves.
 */
export async function* rounds(
  session: Session,
  request: Request,
  left?: AbortController,
): AsyncGenerator<DecidedRound, void, undefined> {
  let coming: Promise<Round> | undefined;
  try {
    for (let begun = false; request.reason === undefined; begun = true) {
      const round = await (coming ?? (begun ? run : first)(session, request));
      checkCancelled(request.signal);
      const decided = await decide(request, round, await verify(request, round));
      commit(request, decided);
      await rewind(session, request);
      // A failure counts when that round is awaited.
      coming = left === undefined || request.reason !== undefined ? undefined : run(session, request);
      coming?.catch(() => {});
      yield decided;
    }
  } finally {
    left?.abort();
    await coming?.catch(() => {});
  }
}

/** Drafts and scores a round. */
async function run(session: Session, request: Request): Promise<Round> {
  checkCancelled(request.signal);
  const round = await score(session, request, await propose(session, request));
  request.draftLength.scored();
  return round;
}

/** The first round: one without a draft if the drafter has to run the prompt, which it then does beside the target. */
async function first(session: Session, request: Request): Promise<Round> {
  checkCancelled(request.signal);
  if (!preparesDraft(request)) return run(session, request);
  const scored = score(session, request, { tokens: [] });
  const { drafter, remaining, committed, shaping, signal, scope } = request;
  // If the answer ends before a draft, it need not.
  if (remaining > 2) drafter?.prepare?.({ context: [...committed], session, shaping, signal, scope });
  return scored;
}

function preparesDraft({ target, drafter, draftLength }: Request): boolean {
  // A target elsewhere runs the prompt with its first block.
  return draftLength.longest > 0 && drafter?.prepare !== undefined && target.reach?.draws !== true;
}

/** The drafter's tokens for this round. The last token the answer may get is not drafted: the target adds it. */
async function propose(session: Session, request: Request): Promise<Draft> {
  const { target, drafter, verifier, committed: context, sampling, shaping, seed, random, signal, scope } = request;
  const limit = request.draftLength.choose(request.remaining - 1);
  if (drafter === undefined || limit === 0) return { tokens: [] };
  const uniform = Array.from({ length: limit }, random);
  const noise = verifier.drawing === "noise" ? seed : undefined;
  const hidden = verifier.needs?.draftHidden;
  const scoring = scoringOf(session, request, true);
  const settings = { sampling, shaping, uniform, noise, hidden, signal, scope, scoring };
  const draft = await drafter.propose({ context, limit, ...settings });
  const tokens = draft.tokens.slice(0, limit);
  checkDraft(tokens, drafter, target);
  return { ...draft, tokens: shaping?.cut(tokens, draft.evidence !== undefined) ?? tokens };
}

/**
 * Runs the committed tokens that the target lacks and the draft through it. Returns everything a verifier may know
 * about the block.
 */
async function score(session: Session, request: Request, draft: Draft): Promise<Round> {
  const { target, sampling, committed, promptLength, random } = request;
  const uniform = target.reach?.draws ? random() : undefined;
  const scored = await scoreBlock(session, committed.slice(session.length), { ...request, draft, uniform });
  return {
    ...scored,
    context: committed,
    promptLength,
    draft: draft.tokens,
    draftHidden: draft.hidden,
    spent: request.spent,
    looping: request.looping,
    greedy: sampling.temperature === 0,
    control: request.control,
    uniform: draft.tokens.map(random),
    noise: request.seed,
  };
}

/** The verdict on the block, limited to tokens the request allows. */
async function verify({ verifier }: Request, round: Round): Promise<Verdict> {
  const { draft } = round;
  if (draft.length === 0) return { accept: [] };
  const verdict = await verifier.verify(round);
  if (verdict.accept.length !== draft.length) {
    throw new TypeError(
      `Verifier "${verifier.name}" decided on ${verdict.accept.length} tokens; expected ${draft.length}.`,
    );
  }
  return withinSupport(verdict, round);
}

/** What the round adds to the answer: the accepted prefix and a replacement or a bonus token, up to where it ends. */
async function decide(request: Request, round: Round, verdict: Verdict): Promise<DecidedRound> {
  const { verifier, committed, eos, stop, trace, logprobs, random, pick } = request;
  const { draft, target } = round;
  const accepted = acceptedOf(verdict);
  const rejected = accepted < draft.length;
  const by = draft.slice(0, accepted).map((_, at) => verdict.by?.[at] ?? verifier.name);
  const relaxed = relaxedBy(verifier, round);
  const tokens: EmittedToken[] = [];

  const add = (token: Token, source: EmittedToken["source"]): boolean => {
    const at = tokens.length;
    const accepted = source === "draft";
    const traced = trace === true ? tracedToken(token, round, at) : {};
    const logits = logprobs && target.ownLogits?.(at);
    const scored = logits && { logprobs: logprobs?.(logits, token) };
    tokens.push({
      token,
      source,
      by: accepted ? by[at] : undefined,
      relaxed: accepted && relaxed(at),
      ...traced,
      ...scored,
    });
    return eos.has(token) || stop?.(token) === true;
  };
  let ended = false;
  while (!ended && tokens.length < accepted) ended = add(draft[tokens.length] as Token, "draft");
  const overshoots = overshootsOf(verifier, round, tokens.length);
  const ignored = accepted - tokens.length;
  let drawn: "replacement" | "bonus" | undefined;
  if (!ended) {
    drawn = rejected ? "replacement" : "bonus";
    const position = committed.length + accepted;
    const token = await drawToken(target, accepted, rejected ? verdict : {}, random, (row) => pick(row, position));
    ended = add(token, draft.length === 0 ? "target" : drawn);
  }
  const undecided = draft.slice(0, accepted + 1).filter((_, at) => target.undecided?.(at) === true).length;
  const { charges, shadows } = verdict;
  for (const { charges } of [verdict, ...(shadows ?? [])]) {
    request.spent = charged(request.spent, charges, tokens.length);
  }
  if (ended) request.reason = "stop";
  const outcome = { drafted: draft.length, accepted, rejected, tokens, drawn, ignored, by, undecided };
  return {
    ...{ ...outcome, overshoots },
    charges: charges?.map(({ nats }) => ({ nats })),
    shadows: shadows?.map(({ name, accept }) => ({ name, accept })),
  };
}

/** Restores the invariant: removes rejected and ignored tokens from the cache. */
async function rewind(session: Session, { committed }: Request): Promise<void> {
  await session.rewind(committed.length - 1);
}

/** The length of the accepted prefix. */
function acceptedOf({ accept }: Verdict): number {
  const rejection = accept.indexOf(false);
  return rejection < 0 ? accept.length : rejection;
}
