import type { AppendOptions, DraftRequest, Readings, Scored, ScoreOptions, Scores, Session, Token } from "@lenity/core";
import { blamed } from "@lenity/core/internal";
import { chunk } from "../protocol/chunk.ts";
import type { AppendReply, ScoreReply } from "../protocol/protocol.ts";
import { numbersAhead, rowsAhead } from "./block-ahead.ts";
import { asOwn } from "./own-session.ts";
import { cutOf, joined } from "./parts.ts";
import { checkRows } from "./session-checks.ts";
import { type Drafted, draft } from "./session-draft.ts";
import { drawNext } from "./session-draw.ts";
import { extend } from "./session-requests.ts";
import { type ModelFacts, newState, type SessionOptions, type SessionState, shorten } from "./session-state.ts";

/** A sequence that can also draft within the worker: one message per round instead of one per token. */
export interface OnnxSession extends Session {
  /**
   * Updates the cache to `context` and draws up to `limit` tokens, stopping after an EOS token. Returns the tokens, the
   * logits [tokens, vocabulary] they were drawn from and, if requested, the hidden states [tokens, width] at them. If
   * the request's `scoring` names a session of the same worker, that one's block is run as well, and it answers from
   * that when it is asked for it.
   */
  draft(request: DraftRequest): Promise<Drafted>;
}

/** The main thread's end of a sequence. */
export function openSession(model: ModelFacts, options: SessionOptions): OnnxSession {
  const state = newState(options);
  const { id: session } = options;
  const own: OnnxSession = {
    ...(model.computesReadings
      ? { score: (tokens, settings) => score(model, options, state, tokens, settings) }
      : { draw: (tokens, settings) => drawNext(model, options, state, tokens, settings) }),
    get length() {
      return state.held.length;
    },
    async append(
      tokens: readonly Token[],
      { hidden, signal, rows: last = tokens.length }: AppendOptions = {},
    ): Promise<Scores> {
      const rows = Math.min(last, tokens.length);
      checkRows(rows, model);
      // Without one it must not wait, so that requests are sent in the order in which they are made.
      const ahead = state.ahead && (await rowsAhead(state, tokens, rows, { hidden, signal }));
      if (ahead !== undefined) return { rows, ...ahead };
      const cut = cutOf(tokens.length, rows, chunk);
      const replies = await extend<AppendReply>(model, options, state, tokens, cut, { hidden, signal }, (part) => {
        return { type: "append", session, ...part, hidden };
      });
      return {
        rows,
        logits: joined(replies.map(({ logits }) => logits)),
        hidden: hidden === undefined ? undefined : joined(replies.flatMap(({ hidden }) => hidden ?? [])),
      };
    },
    rewind(to: number): void {
      if (!(Number.isInteger(to) && to >= 0))
        throw new RangeError(`Rewinding to ${to}; expected a whole number, 0 or more.`);
      shorten(state, to);
    },
    draft: (request) => draft(model, options, state, request),
    async close() {
      if (state.closed) return;
      state.closed = true;
      await options.onClose(state.held.slice(0, state.exact));
    },
  };
  return asOwn(own, { model, options, state });
}

/** Appends a block and computes, in the worker, what verification needs from it. */
async function score(
  model: ModelFacts,
  options: SessionOptions,
  state: SessionState,
  tokens: readonly Token[],
  settings: ScoreOptions,
): Promise<Scored> {
  const { readings: kinds, temperature, hidden, signal, drafterLogits: given } = settings;
  const { link, place, id: session } = options;
  const rows = tokens.length;
  // Sorted, since the worker has one graph per list.
  const readings = [...kinds].sort();
  const drafterLogits = given as Float32Array<ArrayBuffer> | undefined;
  if (tokens.length === 0) throw new RangeError("An empty block has no readings; expected at least one token.");
  checkRows(tokens.length, model);
  const whole = cutOf(rows, rows, rows);
  const ahead = state.ahead && (await numbersAhead(state, tokens, settings));
  const asked = async () =>
    extend<ScoreReply>(model, options, state, tokens, whole, { hidden, signal }, (part) => {
      return { type: "score", session, ...part, readings, temperature, drafterLogits, hidden };
    }).catch((error) => {
      throw blamed(model, error);
    });
  const [reply] = ahead === undefined ? await asked() : [ahead];
  const { values, drafterLogits: returned, hidden: states } = reply as ScoreReply;
  const columns = readings.map(
    (reading, n) => [reading, values.subarray(n * tokens.length, (n + 1) * tokens.length)] as const,
  );
  return {
    readings: withInfinities(Object.fromEntries(columns)),
    drafterLogits: returned,
    hidden: states,
    row: (at) => link.request<Float32Array>({ type: "logits-at", session, at }, undefined, place),
  };
}

/**
 * Larger values mean infinity, since −∞ was computed as `lowest` (softmax-nodes.ts): finite logits never diverge by
 * this much. A mass below 1e-21 on a token that the other row rules out counts as zero.
 */
const infinite = 1e9;

/** Restores infinities. */
function withInfinities(readings: Readings): Readings {
  for (const [reading, values] of Object.entries(readings) as [string, Float32Array][]) {
    if (!/ (kl|reverse-kl)$/.test(reading)) continue;
    for (let at = 0; at < values.length; at++)
      if ((values[at] as number) > infinite) values[at] = Number.POSITIVE_INFINITY;
  }
  return readings;
}
