import type { AppendOptions, Token } from "@lenity/core";
import { type Cancellation, cancellation } from "../protocol/cancellation.ts";
import type { Request } from "../protocol/protocol.ts";
import type { Cut } from "./parts.ts";
import { checkHidden, checkOpen, checkTokens, contextFull } from "./session-checks.ts";
import {
  extendTo,
  longestRun,
  type ModelFacts,
  mayRunAlone,
  type SessionOptions,
  type SessionState,
} from "./session-state.ts";

/** Tokens to append after the first `from`, and how many of their rows to return. */
interface AppendPart {
  readonly from: number;
  readonly tokens: readonly Token[];
  readonly rows: number;
  readonly alone: boolean;
  readonly cancel: ArrayBufferLike | undefined;
}

/**
 * Sends requests to append tokens part by part, and returns the replies that have rows, or the last one. If one of them
 * fails, the next request drops those before it.
 */
export async function extend<Reply>(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  tokens: readonly Token[],
  cut: Cut,
  { hidden, signal }: Pick<AppendOptions, "hidden" | "signal">,
  makeRequest: (part: AppendPart) => Request,
): Promise<Reply[]> {
  checkOpen(model, state);
  checkTokens(tokens, model);
  checkHidden(hidden, model);
  const before = state.held;
  if (before.length + tokens.length > model.contextLength) throw contextFull(model, before.length, tokens.length);
  if (state.busy)
    throw new Error(`A session of ${model.name} was asked to append before its last append had finished.`);
  const cancel = cancellation(signal);
  const alone = mayRunAlone(model, options, state, tokens.length);
  state.busy = true;
  try {
    const replies: Reply[] = [];
    let scored = state.scored;
    for (let at = 0; at < tokens.length; ) {
      const { end, rows, more = 0 } = cut(at, longestRun(model, options));
      const part = { from: before.length + at, tokens: tokens.slice(at, end), rows, alone, cancel: cancel?.flag };
      const reply = await send<Reply>(model, options, state, end - at + more, cancel, () => makeRequest(part));
      if (rows > 0 || end === tokens.length) replies.push(reply);
      scored ||= rows > 0;
      at = end;
    }
    extendTo(state, [...before, ...tokens], !alone || model.aloneAsInBlocks);
    state.scored = scored;
    if (tokens.length > 0) options.onReply();
    return replies;
  } finally {
    state.busy = false;
  }
}

/** Sends a request that runs about so many tokens, when it is the session's turn. */
export function send<Reply>(
  model: ModelFacts,
  { link, place, turn }: SessionOptions,
  state: SessionState,
  tokens: number,
  cancel: Cancellation | undefined,
  makeRequest: () => Request,
): Promise<Reply> {
  return turn(tokens, cancel?.signal, () => {
    checkOpen(model, state);
    return link.request<Reply>(makeRequest(), cancel, place);
  });
}
