/** The target's block, ordered together with its draft: one message for a round of a pair whose models share a worker. */
import type { DraftRequest, Scoring, Token } from "@lenity/core";
import { readsDraft } from "@lenity/core/internal";
import type { Cancellation } from "../protocol/cancellation.ts";
import { chunk } from "../protocol/chunk.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { BlockOrder, DraftReply } from "../protocol/protocol.ts";
import { type OwnSession, ownSession } from "./own-session.ts";
import type { BlockAhead } from "./session-state.ts";

/** The session that is to run a draft's block, and how. */
export interface Scorer extends OwnSession {
  readonly scoring: Scoring;
}

/** Whether the numbers asked for compare the target's rows with the draft's. */
const compares = ({ readings = new Set() }: Scoring): boolean => [...readings].some(readsDraft);

/**
 * The target's session, if the worker behind `link` can run the block in the turn of its draft, which ends in a part of
 * at most `part` tokens. Otherwise undefined: the block is then a request of its own.
 */
export function scorerOf(
  link: WorkerLink,
  { context, limit, scoring }: DraftRequest,
  part: number,
): Scorer | undefined {
  const own = ownSession(scoring?.session);
  if (own === undefined || scoring === undefined || own.options.link !== link) return undefined;
  const { model, state } = own;
  const { hidden, readings } = scoring;
  const free = !state.closed && !state.busy && state.ahead === undefined && state.held.length === context.length - 1;
  const fits = limit > 0 && limit < chunk && context.length + limit <= model.contextLength;
  const able =
    model.lastOnly !== true &&
    (context.at(-1) as Token) < model.readable &&
    (hidden === undefined || model.hidden[hidden] !== undefined) &&
    (readings === undefined || (model.computesReadings && (limit <= part || !compares(scoring))));
  return free && fits && able ? { ...own, scoring } : undefined;
}

/** The order for a block of these tokens and those that the message with the order drafts. */
export function orderOf(
  { options, state, scoring }: Scorer,
  tokens: readonly Token[],
  cancel: Cancellation | undefined,
): BlockOrder {
  const { hidden, readings, temperature } = scoring;
  const block = { session: options.id, from: state.held.length, tokens, hidden, cancel: cancel?.flag };
  const request =
    readings === undefined
      ? ({ type: "append", ...block, rows: tokens.length } as const)
      : ({ type: "score", ...block, readings: [...readings].sort(), temperature } as const);
  return { model: options.place, request, compares: compares(scoring) };
}

/** The block that a reply brought along, if it did. */
export function broughtAlong({ request, compares }: BlockOrder, reply: DraftReply): BlockAhead | undefined {
  if (reply.block === undefined) return undefined;
  const tokens = [...request.tokens, ...reply.tokens];
  return { tokens, request, drafterLogits: compares ? reply.logits : undefined, reply: reply.block };
}
