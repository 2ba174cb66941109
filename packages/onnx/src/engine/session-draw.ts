import type { DrawOptions, Token } from "@lenity/core";
import { blamed } from "@lenity/core/internal";
import { chunk } from "../protocol/chunk.ts";
import type { DrawReply } from "../protocol/protocol.ts";
import { type Cut, cutOf } from "./parts.ts";
import { extend } from "./session-requests.ts";
import { extendTo, type ModelFacts, mayRunAlone, type SessionOptions, type SessionState } from "./session-state.ts";
import { runCost } from "./turns.ts";

/**
 * Appends tokens and draws those that follow, several in one turn. After a prompt it is one, so that an answer begins
 * as soon as it can.
 */
export async function drawNext(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  tokens: readonly Token[],
  { limit: most, sampling, uniform, noise, signal }: DrawOptions,
): Promise<readonly Token[]> {
  const { id: session } = options;
  const limit = tokens.length === 1 && state.scored ? most : 1;
  const alone = mayRunAlone(model, options, state, tokens.length);
  // As many runs as the last turn had, since the worker ends a turn by the clock.
  const more = (runCost + 1) * (Math.min(limit, state.drawn) - 1);
  const parts = cutOf(tokens.length, 1, chunk);
  const cut: Cut = (at, longest) => {
    const part = parts(at, longest);
    return part.rows > 0 ? { ...part, more } : part;
  };
  const [reply] = await extend<DrawReply>(model, options, state, tokens, cut, { signal }, ({ rows, ...part }) => {
    if (rows === 0) return { type: "append", session, ...part, rows };
    return { type: "draw", session, ...part, alone, limit, sampling, uniform, noise };
  }).catch((error) => {
    throw blamed(model, error);
  });
  const { tokens: drawn } = reply as DrawReply;
  state.drawn = drawn.length;
  extendTo(state, [...state.held, ...drawn.slice(0, -1)], !alone || model.aloneAsInBlocks);
  return drawn;
}
