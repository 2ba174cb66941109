/**
 * A session of an engine that returns numbers. It holds only tokens: every call sends the whole sequence, and the
 * engine's own cache decides how much of it is computed again.
 */
import { LenityError, type Sample, type Scored, type ScoreOptions, type Session, type Token } from "@lenity/core";
import type { NumbersEngine, Position } from "./engine.ts";
import { listedFor, readingsOf } from "./readings.ts";
import { staleCheck } from "./stale-check.ts";
import type { Wire } from "./wire.ts";

export interface NumbersModel {
  readonly engine: NumbersEngine;
  readonly vocabulary: number;
  readonly unused?: ReadonlySet<Token> | undefined;
  readonly contextLength: number;
  readonly tolerance: number;
  readonly wire: Wire;
}

export function numbersSession(model: NumbersModel): Session {
  const { engine, wire } = model;
  const check = staleCheck(engine.name, model.tolerance, wire);
  let held: readonly Token[] = [];
  let warm = false;
  const extended = (tokens: readonly Token[]): Token[] => {
    if (held.length + tokens.length > model.contextLength) throw full(held.length, tokens.length, model);
    return [...held, ...tokens];
  };
  return {
    get length() {
      return held.length;
    },
    async append(tokens, { rows = tokens.length, signal } = {}) {
      signal?.throwIfAborted();
      if (rows > 0) throw new LenityError("unsupported", `${engine.name} returns no rows, only numbers of them.`);
      held = extended(tokens);
      return { rows: 0, logits: new Float32Array(0) };
    },
    async score(block, options) {
      const tokens = extended(block);
      const from = tokens.length - block.length;
      const { signal, uniform = 0 } = options;
      const hidden = options.hidden !== undefined;
      const top = listedFor(options.readings, engine.top);
      const call = { tokens, from, top, seed: seedOf(uniform), hidden, signal };
      // An engine sends the states of all tokens that it computes. Those of the prompt are not needed, and many.
      if (hidden && !warm && from > 0)
        await engine.draw({ tokens: tokens.slice(0, from), count: 1, seed: call.seed, signal });
      warm ||= hidden;
      const reply = await check.score(tokens, from, (fresh) => engine.score({ ...call, fresh }));
      const positions = reply.positions.slice(1) as readonly Position[];
      checkTokens(
        model,
        positions.flatMap(({ top }) => top[0] ?? []),
      );
      held = tokens;
      check.noteRows(positions, tokens, from + 1);
      const note = (samples: readonly Sample[], at: number) => {
        checkTokens(model, samples);
        check.noteDraws(samples, from + 1 + at);
      };
      return {
        ...scoredBlock(model, { tokens, from, positions, spare: reply.sample }, options, note),
        hidden: reply.hidden,
      };
    },
    rewind(length) {
      if (!(Number.isInteger(length) && length >= 0 && length <= held.length))
        throw new RangeError(`rewind(${length}) on a session with ${held.length} tokens.`);
      held = held.slice(0, length);
    },
    close() {},
  };
}

/** A seed that every engine takes. */
const seedOf = (uniform: number): number => Math.floor(uniform * 2 ** 31);

/** A block that was scored: the last token of the cache's rows, the draft, and what the engine said. */
interface Block {
  readonly tokens: readonly Token[];
  readonly from: number;
  readonly positions: readonly Position[];
  /** The token that came with the score. It can be used once. */
  spare: Sample | undefined;
}

function scoredBlock(
  { engine, vocabulary, wire }: NumbersModel,
  block: Block,
  { readings, drafterLogits, signal }: ScoreOptions,
  note: (samples: readonly Sample[], at: number) => void,
): Scored {
  const { tokens, from, positions } = block;
  const last = positions.length - 1;
  const before = (at: number) => tokens.slice(0, from + 1 + at);
  const draw = async (at: number, count: number, uniform: number): Promise<readonly Sample[]> => {
    if (at === last && block.spare !== undefined) {
      const samples = [block.spare];
      block.spare = undefined;
      return samples;
    }
    wire.draws += count;
    return engine.draw({ tokens: before(at), count, seed: seedOf(uniform), signal });
  };
  const row = async (at: number): Promise<Float32Array | undefined> => {
    const values = await engine.row?.({ tokens: before(at), signal }, vocabulary);
    if (values !== undefined) wire.rows++;
    return values;
  };
  return {
    ...readingsOf(readings, { positions, draft: tokens.slice(from + 1), drafterLogits }),
    drafterLogits,
    async sample(at, count, uniform) {
      const samples = await draw(at, count, uniform);
      note(samples, at);
      return samples;
    },
    ...(engine.row === undefined ? {} : { row }),
  };
}

/** An id that the tokenizer does not have shows that the engine's model is not the one that it belongs to. */
function checkTokens({ engine, vocabulary, unused }: NumbersModel, tokens: readonly { readonly token: Token }[]): void {
  const stray = tokens.find(({ token }) => token >= vocabulary || unused?.has(token) === true);
  if (stray === undefined) return;
  throw new LenityError(
    "engine_failed",
    `${engine.name} answered with token ${stray.token}; expected the id of a token, below ${vocabulary}. Its vocabulary is not that of the tokenizer: use the tokenizer of its model.`,
    { kind: "engine_changed", model: engine.name },
  );
}

const full = (held: number, more: number, { engine, contextLength }: NumbersModel): LenityError =>
  new LenityError(
    "context_full",
    `${held} + ${more} tokens do not fit into the context of ${engine.name}, which is ${contextLength}. Shorten the prompt.`,
  );
