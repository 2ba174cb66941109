import { draw, processedRow, type Sampling, type Token } from "@lenity/core";
import { truncates } from "@lenity/core/internal";
import type { DrafterGraph } from "../graph/graph.ts";
import type { DraftMessage, DraftReply } from "../protocol/protocol.ts";
import { type DrawnTokens, drawTokens } from "./draw-tokens.ts";
import { append, chunk, type Model, type Sequence, stopIfCancelled } from "./sequence.ts";

/** The maximum tokens drawn per call. A request can be cancelled between calls. */
const callLength = 16;

/**
 * Updates the sequence to the context, keeping their common prefix, and draws up to `limit` tokens, stopping after an
 * EOS token. The last token drawn is not run: only the next context shows whether it was accepted.
 */
export async function draftRound(
  model: Model,
  sequence: Sequence,
  request: DraftMessage,
  eos: ReadonlySet<Token>,
): Promise<DraftReply> {
  const { context, sampling } = request;
  const { vocabulary } = model;
  const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
  const limit = Math.max(0, Math.min(request.limit, model.contextLength - context.length));
  let shared = 0;
  while (shared < sequence.tokens.length && shared < context.length - 1 && sequence.tokens[shared] === context[shared])
    shared++;
  sequence.tokens.length = shared;

  const { drafter } = model;
  // Drafter graphs cannot truncate rows, so with top-k, top-p or min-p tokens are drawn here.
  const next = drafter === undefined || truncates(sampling) ? step : call(drafter);
  const uniform = Array.from({ length: limit }, (_, i) => request.uniform[i] ?? 0);
  const tokens: Token[] = [];
  const logits = new Float32Array(limit * vocabulary);
  let pending: readonly Token[] = context.slice(shared);
  while (tokens.length < limit) {
    const coins = uniform.slice(tokens.length);
    const drawn = await next(model, sequence, { pending, sampling, coins, cancel });
    logits.set(drawn.logits, tokens.length * vocabulary);
    tokens.push(...drawn.tokens);
    const last = tokens.at(-1) as Token;
    if (eos.has(last)) break;
    pending = [last];
  }
  return {
    tokens,
    logits: tokens.length === limit ? logits : logits.slice(0, tokens.length * vocabulary),
    length: sequence.tokens.length,
  };
}

/** The context's tokens that the sequence lacks, and one coin for each token to draw after them. */
interface Draw {
  readonly pending: readonly Token[];
  readonly sampling: Sampling;
  readonly coins: readonly number[];
  readonly cancel: Int32Array | undefined;
}

/** Draws the next one or more tokens. */
type DrawNext = (model: Model, sequence: Sequence, draw: Draw) => Promise<DrawnTokens>;

/** Draws one token with the model's own graph. */
const step: DrawNext = async (model, sequence, { pending, sampling, coins, cancel }) => {
  const { logits } = await append(model, sequence, pending, { rows: 1, cancel });
  return { tokens: [draw(processedRow(logits, sampling), coins[0] as number)], logits };
};

/** Draws several tokens with the drafter's graph. */
const call =
  (drafter: DrafterGraph): DrawNext =>
  async (model, sequence, { pending, sampling, coins, cancel }) => {
    // All but the last tokens of a long prompt go through the model's own graph, where a request can be cancelled
    // between chunks.
    const ahead = pending.length - 1 - ((pending.length - 1) % chunk);
    await append(model, sequence, pending.slice(0, ahead), { rows: 0, cancel });
    stopIfCancelled(cancel);
    return drawTokens(drafter, model, sequence, pending.slice(ahead), sampling.temperature, coins.slice(0, callLength));
  };
