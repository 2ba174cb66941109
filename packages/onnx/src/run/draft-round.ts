import { draw, processedRow, type Sampling, type Token } from "@lenity/core";
import { truncates } from "@lenity/core/internal";
import type { DrafterGraph } from "../graph/graph.ts";
import type { DraftMessage, DraftReply } from "../protocol/protocol.ts";
import { type DrawnTokens, drawTokens } from "./draw-tokens.ts";
import { append, chunk, type Model, type Sequence, stopIfCancelled } from "./sequence.ts";

/** The most tokens drawn in one call: between calls a request can be cancelled. */
const callLength = 16;

/**
 * Brings the sequence to the context (keeping the prefix that both share) and draws up to `limit` tokens, one after
 * another, until an EOS token. The last one drawn is not run: the next context says whether it stayed.
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
  // Drafter graphs do not cut rows: what top-k, top-p and min-p leave is drawn here.
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

/** What a sequence lacks of the context, and one coin for each token that may be drawn after it. */
interface Draw {
  readonly pending: readonly Token[];
  readonly sampling: Sampling;
  readonly coins: readonly number[];
  readonly cancel: Int32Array | undefined;
}

/** Draws the first of these tokens, one or more. */
type DrawNext = (model: Model, sequence: Sequence, draw: Draw) => Promise<DrawnTokens>;

/** One token, by the model's own graph. */
const step: DrawNext = async (model, sequence, { pending, sampling, coins, cancel }) => {
  const { logits } = await append(model, sequence, pending, { rows: 1, cancel });
  return { tokens: [draw(processedRow(logits, sampling), coins[0] as number)], logits };
};

/** Several tokens, by the drafter's graph. */
const call =
  (drafter: DrafterGraph): DrawNext =>
  async (model, sequence, { pending, sampling, coins, cancel }) => {
    // A long prompt goes through the model's own graph, up to its last tokens: between chunks a request can be
    // cancelled.
    const ahead = pending.length - 1 - ((pending.length - 1) % chunk);
    await append(model, sequence, pending.slice(0, ahead), { rows: 0, cancel });
    stopIfCancelled(cancel);
    return drawTokens(drafter, model, sequence, pending.slice(ahead), sampling.temperature, coins.slice(0, callLength));
  };
