import { LenityError, type Session, type Token } from "@lenity/core";
import type { RowsEngine } from "./engine.ts";

/** A session of an engine that returns whole rows and keeps nothing: every call sends the whole sequence. */
export function rowsSession(engine: RowsEngine, contextLength: number): Session {
  let held: readonly Token[] = [];
  return {
    get length() {
      return held.length;
    },
    async append(tokens, { rows = tokens.length, signal } = {}) {
      if (held.length + tokens.length > contextLength) {
        throw new LenityError(
          "context_full",
          `${held.length} + ${tokens.length} tokens do not fit into the context of ${engine.name}, which is ${contextLength}. Shorten the prompt.`,
        );
      }
      signal?.throwIfAborted();
      const all = [...held, ...tokens];
      const logits = rows === 0 ? new Float32Array(0) : await engine.rows(all, rows, signal);
      held = all;
      return { rows, logits };
    },
    rewind(length) {
      if (!(Number.isInteger(length) && length >= 0 && length <= held.length))
        throw new RangeError(`rewind(${length}) on a session with ${held.length} tokens.`);
      held = held.slice(0, length);
    },
    close() {},
  };
}
