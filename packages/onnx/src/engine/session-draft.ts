import type { DraftRequest, Token } from "@lenity/core";
import { blamed, commonPrefix } from "@lenity/core/internal";
import { type Cancellation, cancellation } from "../protocol/cancellation.ts";
import { chunk } from "../protocol/chunk.ts";
import type { DraftReply } from "../protocol/protocol.ts";
import { broughtAlong, orderOf, scorerOf } from "./order-block.ts";
import { joined } from "./parts.ts";
import { checkHidden, checkOpen, checkTokens, contextFull } from "./session-checks.ts";
import { send } from "./session-requests.ts";
import {
  extendTo,
  longestRun,
  type ModelFacts,
  type SessionOptions,
  type SessionState,
  shorten,
} from "./session-state.ts";

/** The most tokens that are drafted in one turn. */
const mostDrafted = 16;

/** What was drafted. */
export type Drafted = Pick<DraftReply, "tokens" | "logits" | "hidden">;

/** Drafts in parts, so that the turns of a long draft are short for those who wait. */
export async function draft(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  request: DraftRequest,
): Promise<Drafted> {
  const { context: given, limit, hidden, signal } = request;
  checkOpen(model, state);
  checkTokens(given, model);
  checkHidden(hidden, model);
  if (given.length > model.contextLength) throw contextFull(model, 0, given.length);
  const cancel = cancellation(signal);
  const parts: DraftReply[] = [];
  let context = given;
  for (let left = limit, goesOn = true; goesOn; ) {
    // The rows that a round keeps, which also remain if it fails.
    shorten(state, Math.min(commonPrefix(state.held, context), context.length - 1));
    const part = await draftPart(model, options, state, request, context, cancel).catch((error) => {
      throw blamed(model, error);
    });
    parts.push(part);
    context = [...context, ...part.tokens];
    extendTo(state, context.slice(0, part.length));
    const most = Math.min(left, mostDrafted);
    left -= part.tokens.length;
    // Fewer: the context is full.
    goesOn = left > 0 && part.tokens.length === most && !model.eos.includes(part.tokens.at(-1) as Token);
  }
  options.onReply();
  return {
    tokens: context.slice(given.length),
    logits: joined(parts.map(({ logits }) => logits)),
    hidden: hidden === undefined ? undefined : joined(parts.flatMap(({ hidden }) => hidden ?? [])),
  };
}

/** Drafts the next part after `context`, and with the last part the target's block, if it can be ordered. */
async function draftPart(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  request: DraftRequest,
  context: readonly Token[],
  cancel: Cancellation | undefined,
): Promise<DraftReply> {
  const { context: given, limit, sampling, uniform, noise, hidden } = request;
  await catchUp(model, options, state, context, cancel);
  const drafted = context.length - given.length;
  const most = Math.min(limit - drafted, mostDrafted);
  const { id: session, link } = options;
  const from = state.held.length;
  const how = { limit: most, sampling, uniform: uniform.slice(drafted), noise, hidden, cancel: cancel?.flag };
  const message = { type: "draft", session, from, tokens: context.slice(from), ...how } as const;
  const count = message.tokens.length + most;
  const scorer = drafted + most === limit ? scorerOf(link, request, mostDrafted) : undefined;
  if (scorer === undefined) return send<DraftReply>(model, options, state, count, cancel, () => message);
  const block = orderOf(scorer, context.slice(given.length - 1), cancel);
  // A turn of the target's session: it has one for each block, with a draft or without.
  const taking = { ...options, turn: scorer.options.turn };
  const sent = send<DraftReply>(model, taking, state, count + block.request.tokens.length + most, cancel, () => {
    checkOpen(scorer.model, scorer.state);
    return { ...message, block };
  });
  scorer.state.ahead = sent.then(
    (reply) => broughtAlong(block, reply),
    () => undefined,
  );
  return sent;
}

/** Runs all but the end of a long context, so that the draft after it is short for those who wait. */
export async function catchUp(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  context: readonly Token[],
  cancel: Cancellation | undefined,
): Promise<void> {
  for (let from = state.held.length; context.length - 1 - from >= chunk; from = state.held.length) {
    // Whole chunks, so that what is left for the draft does not depend on the length of the runs.
    const chunks = Math.floor(Math.min(longestRun(model, options), context.length - 1 - from) / chunk);
    const end = from + chunks * chunk;
    const tokens = context.slice(from, end);
    const { id: session } = options;
    await send(model, options, state, tokens.length, cancel, () => {
      return { type: "append", session, from, tokens, rows: 0, cancel: cancel?.flag };
    });
    extendTo(state, context.slice(0, end));
  }
}
