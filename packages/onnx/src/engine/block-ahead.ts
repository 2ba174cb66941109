/** Answers from a block that was run with its draft, before anybody asked for it. */
import type { AppendOptions, ScoreOptions, Token } from "@lenity/core";
import type { AppendReply, ScoreReply } from "../protocol/protocol.ts";
import { type BlockAhead, extendTo, type SessionState } from "./session-state.ts";

/**
 * The reply for the last `rows` of these tokens, if they are the beginning of the block ahead. The block ahead is gone
 * afterwards.
 */
export async function rowsAhead(
  state: SessionState,
  tokens: readonly Token[],
  rows: number,
  { hidden, signal }: Pick<AppendOptions, "hidden" | "signal">,
): Promise<AppendReply | undefined> {
  const ahead = await takeAhead(state, tokens, signal);
  if (ahead?.request.type !== "append" || ahead.request.hidden !== hidden) return undefined;
  const { logits, hidden: states } = ahead.reply as AppendReply;
  const cut = (all: Float32Array<ArrayBuffer>) => {
    const width = all.length / ahead.tokens.length;
    return all.subarray((tokens.length - rows) * width, tokens.length * width);
  };
  accept(state, tokens);
  return { logits: cut(logits), hidden: states && cut(states) };
}

/** The reply for the numbers of these tokens, if they are the block ahead. The block ahead is gone afterwards. */
export async function numbersAhead(
  state: SessionState,
  tokens: readonly Token[],
  { readings, temperature, hidden, drafterLogits, signal }: ScoreOptions,
): Promise<ScoreReply | undefined> {
  const ahead = await takeAhead(state, tokens, signal);
  if (ahead?.request.type !== "score" || ahead.tokens.length !== tokens.length) return undefined;
  const { request } = ahead;
  const same =
    request.hidden === hidden &&
    request.temperature === temperature &&
    request.readings.join() === [...readings].sort().join() &&
    ahead.drafterLogits === drafterLogits;
  if (!same) return undefined;
  accept(state, tokens);
  return ahead.reply as ScoreReply;
}

/** Takes the block ahead. Returns it if it begins with these tokens, where the session now ends. */
async function takeAhead(
  state: SessionState,
  tokens: readonly Token[],
  signal: AbortSignal | undefined,
): Promise<BlockAhead | undefined> {
  const { ahead: coming } = state;
  if (coming === undefined) return undefined;
  state.ahead = undefined;
  // Even if it will not do: a message sent now could overtake it while it waits for its turn.
  const ahead = await coming;
  if (ahead === undefined || signal?.aborted === true || state.closed || state.busy) return undefined;
  if (ahead.request.from !== state.held.length || tokens.length > ahead.tokens.length) return undefined;
  return tokens.every((token, at) => token === ahead.tokens[at]) ? ahead : undefined;
}

function accept(state: SessionState, tokens: readonly Token[]): void {
  extendTo(state, [...state.held, ...tokens]);
}
