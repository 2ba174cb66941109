import { drawDraft, type HiddenKind, processedRow, type Row, type Sampling, type Token } from "@lenity/core";
import { truncates } from "@lenity/core/internal";
import type { DrafterGraph } from "../graph/graph.ts";
import { chunk } from "../protocol/chunk.ts";
import type { DraftedRound, DraftMessage } from "../protocol/protocol.ts";
import { type DrawnTokens, drawTokens } from "./draw-tokens.ts";
import { append, type Model, rewindSequence, type Sequence, stopIfCancelled } from "./sequence.ts";

/** The maximum tokens drawn per call. A request can be cancelled between calls. */
const callLength = 16;

/**
 * Rewinds the sequence to `from`, appends the request's tokens, and draws up to `limit` more, stopping after an EOS
 * token. The last token drawn is run only if its hidden state is requested: only the next context shows whether it
 * was accepted.
 */
export async function draftRound(
  model: Model,
  sequence: Sequence,
  request: DraftMessage,
  eos: ReadonlySet<Token>,
): Promise<DraftedRound> {
  const { sampling, hidden: kind } = request;
  const noise = sampling.temperature === 0 ? undefined : request.noise;
  const { vocabulary } = model;
  const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
  rewindSequence(sequence, request.from);
  const context = { length: sequence.tokens.length + request.tokens.length };
  const limit = Math.max(0, Math.min(request.limit, model.contextLength - context.length));

  const { drafter } = model;
  // Drafter graphs cannot truncate rows, so with top-k, top-p or min-p tokens are drawn here.
  const canCall = drafter !== undefined && !truncates(sampling) && (noise === undefined || drafter.takesNoise);
  const next = canCall && (kind === undefined || drafter.hidden[kind] !== undefined) ? call(drafter) : step;
  const uniform = Array.from({ length: limit }, (_, i) => request.uniform[i] ?? 0);
  const tokens: Token[] = [];
  const logits = new Float32Array(limit * vocabulary);
  const states: Float32Array[] = [];
  let pending = request.tokens;
  while (tokens.length < limit) {
    const coins = uniform.slice(tokens.length);
    const pick = (row: Row) => drawDraft(row, tokens.length, { context, uniform, noise });
    const drawn = await next(model, sequence, { pending, sampling, coins, noise, pick, hidden: kind, cancel });
    logits.set(drawn.logits, tokens.length * vocabulary);
    tokens.push(...drawn.tokens);
    if (drawn.hidden !== undefined) states.push(drawn.hidden);
    const last = tokens.at(-1) as Token;
    pending = [last];
    if (eos.has(last)) break;
  }
  if (kind !== undefined && tokens.length > 0) {
    const { hidden } = await append(model, sequence, pending, { rows: 1, hidden: kind, cancel });
    if (hidden !== undefined) states.push(hidden);
  }
  return {
    tokens,
    logits: tokens.length === limit ? logits : logits.slice(0, tokens.length * vocabulary),
    // The first row is the state at the context's last token.
    hidden: states.length === 0 ? undefined : joined(states, tokens.length + 1),
    length: sequence.tokens.length,
  };
}

/** All but the first of these `rows` rows. */
function joined(parts: readonly Float32Array[], rows: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all.slice(all.length / rows);
}

/** The context's tokens that the sequence lacks, and one coin for each token to draw after them. */
interface Draw {
  readonly pending: readonly Token[];
  readonly sampling: Sampling;
  readonly coins: readonly number[];
  /** The seed of the noise to draw by instead. */
  readonly noise: number | undefined;
  /** Draws the next token from its row. */
  readonly pick: (row: Row) => Token;
  readonly hidden: HiddenKind | undefined;
  readonly cancel: Int32Array | undefined;
}

/** Draws the next one or more tokens. */
type DrawNext = (model: Model, sequence: Sequence, draw: Draw) => Promise<DrawnTokens>;

/** Draws one token with the model's own graph. */
const step: DrawNext = async (model, sequence, { pending, sampling, pick, hidden: kind, cancel }) => {
  const { logits, hidden } = await append(model, sequence, pending, { rows: 1, hidden: kind, cancel });
  return { tokens: [pick(processedRow(logits, sampling))], logits, hidden };
};

/** Draws several tokens with the drafter's graph. */
const call =
  (drafter: DrafterGraph): DrawNext =>
  async (model, sequence, { pending, sampling, coins, noise, hidden, cancel }) => {
    // All but the last tokens of a long prompt go through the model's own graph, where a request can be cancelled
    // between chunks.
    const ahead = pending.length - 1 - ((pending.length - 1) % chunk);
    await append(model, sequence, pending.slice(0, ahead), { rows: 0, cancel });
    stopIfCancelled(cancel);
    const { temperature } = sampling;
    const drawing = { temperature, coins: coins.slice(0, callLength), noise, hidden };
    return drawTokens(drafter, model, sequence, pending.slice(ahead), drawing);
  };
