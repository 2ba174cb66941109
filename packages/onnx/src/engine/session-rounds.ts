/** The main thread's side of rounds that are drafted, verified and drawn in the worker of both models. */
import type { DecidedRound, Rounds, RoundsRequest, Token } from "@lenity/core";
import { canRead } from "@lenity/core/internal";
import { cancellation } from "../protocol/cancellation.ts";
import type { ModelFacts } from "../protocol/model-facts.ts";
import type { HeldSession, RoundsBeginning, RoundsReply } from "../protocol/protocol.ts";
import type { OwnSession } from "./own-session.ts";
import { catchUp } from "./session-draft.ts";
import { extend, send } from "./session-requests.ts";
import { extendTo, longestRun, type SessionState, shorten } from "./session-state.ts";
import { runCost } from "./turns.ts";

/** The most rounds in a turn. While other sessions wait it is one. */
const mostRounds = 4;

/**
 * Requests with the worker while no other session of the target is open: it goes on at once while a reply is on its
 * way. Beside others it has work enough.
 */
const mostComing = 2;

/** The draft model, and how its session is opened, which is done after the first token. */
export interface RoundsDraft {
  readonly model: ModelFacts;
  open(context: readonly Token[]): Promise<OwnSession>;
}

/** Asks the worker of the target's session for the rounds of an answer. */
export function sessionRounds(
  target: OwnSession,
  { model: draftModel, open }: RoundsDraft,
  { prompt, settings, signal }: RoundsRequest,
): Rounds {
  const { model, options, state } = target;
  const committed = [...prompt];
  let begun = false;
  let draft: OwnSession | undefined;
  /** What the next turn costs, in tokens. */
  let cost = 0;

  const begin = async () => {
    await runBeginning(target, committed, signal);
    cost = committed.length - state.held.length;
    return { prompt: committed, settings, target: { ...placeOf(target), model }, draft: draftModel };
  };
  const openDraft = async () => {
    draft = await open(committed);
    const { model, options, state } = draft;
    const drafts = committed.length < model.contextLength && canRead(model, committed);
    if (drafts) await catchUp(model, options, state, committed, cancellation(signal));
    return placeOf(draft);
  };
  const cancel = cancellation(signal);
  /** Asks for more rounds. */
  const ask = (
    beginning: RoundsBeginning | undefined,
    drafting: HeldSession | undefined,
    most: number,
  ): Promise<RoundsReply> =>
    send<RoundsReply>(model, options, state, cost, cancel, () => {
      const uses = draft && { place: draft.options.place, id: draft.options.id };
      const from = { begin: beginning, draft: drafting, uses, cancel: cancel?.flag };
      return { type: "rounds", session: options.id, rounds: options.crowded() ? 1 : most, ...from };
    });
  /** Replies that are awaited, in the order of their requests. */
  const coming: Promise<RoundsReply>[] = [];
  const expect = (reply: Promise<RoundsReply>) => {
    // A failure counts when that reply is awaited.
    reply.catch(() => {});
    coming.push(reply);
  };
  return {
    async next() {
      if (!begun) expect(ask(await begin(), undefined, 1));
      else if (draft === undefined) expect(ask(undefined, await openDraft(), mostRounds));
      while (begun && (coming.length === 0 || (coming.length < mostComing && options.alone())))
        expect(ask(undefined, undefined, mostRounds));
      const reply = await (coming.shift() as Promise<RoundsReply>);
      begun = true;
      state.scored = true;
      options.onReply();
      committed.push(...reply.rounds.flatMap(({ tokens }) => tokens.map(({ token }) => token)));
      cost = costOf(reply.rounds);
      hold(state, committed.slice(0, reply.target));
      if (draft !== undefined) hold(draft.state, committed.slice(0, reply.draft));
      return reply.rounds;
    },
  };
}

/** Runs all parts of a prompt but the last, which gives the first token. */
async function runBeginning(
  { model, options, state }: OwnSession,
  prompt: readonly Token[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { id: session } = options;
  for (;;) {
    const longest = longestRun(model, options);
    const from = state.held.length;
    if (prompt.length - 1 - from <= longest) return;
    const part = { end: longest, rows: 0 };
    const tokens = prompt.slice(from, from + longest);
    await extend(
      model,
      options,
      state,
      tokens,
      () => part,
      { signal },
      (one) => ({ type: "append", session, ...one }),
    );
  }
}

function placeOf({ options: { place, id }, state }: OwnSession): HeldSession {
  return { place, id, held: state.held.length };
}

/** As many tokens as the rounds drafted and ran, and what their runs cost besides. */
function costOf(rounds: readonly DecidedRound[]): number {
  return rounds.reduce((sum, { drafted }) => sum + 2 * drafted + 1 + runCost, -runCost);
}

/** Notes what the worker holds of the text. */
function hold(state: SessionState, held: readonly Token[]): void {
  shorten(state, held.length);
  extendTo(state, held);
}
