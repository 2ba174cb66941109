/**
 * A target on another server. The protocol is minimal and only for this example: POST {"tokens": [...], "rows": n}
 * returns the logits of the last n positions, [n, vocabulary] in float32, little-endian. It is fast if the server
 * caches prefixes.
 */
import {
  type AppendOptions,
  type LanguageModel,
  LenityError,
  type Scores,
  type Session,
  type Token,
} from "@lenity/core";

export interface RemoteModelOptions {
  readonly url: string;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly eos: readonly Token[];
}

export function remoteModel({ url, vocabulary, contextLength, eos }: RemoteModelOptions): LanguageModel {
  return {
    name: url,
    vocabulary,
    contextLength,
    eos,
    hidden: {},
    async open(): Promise<Session> {
      let held: readonly Token[] = [];
      return {
        get length() {
          return held.length;
        },
        async append(tokens: readonly Token[], { rows = tokens.length, signal }: AppendOptions = {}): Promise<Scores> {
          const all = [...held, ...tokens];
          if (all.length > contextLength) {
            throw new LenityError(
              "context_full",
              `The text has ${all.length} tokens; expected at most ${contextLength}, the target's context. Shorten it.`,
            );
          }
          const logits = rows === 0 ? new Float32Array() : await logitsOf(all, rows, signal);
          held = all;
          return { rows, logits };
        },
        rewind(length) {
          held = held.slice(0, length);
        },
        close() {},
      };
    },
    async close() {},
  };

  async function logitsOf(
    tokens: readonly Token[],
    rows: number,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    try {
      const body = JSON.stringify({ tokens, rows });
      const response = await fetch(url, { method: "POST", body, signal: signal ?? null });
      const bytes = await response.arrayBuffer();
      if (response.ok && bytes.byteLength === 4 * rows * vocabulary) return new Float32Array(bytes);
      throw new Error(
        `status ${response.status} with ${bytes.byteLength} bytes; expected ${rows} rows of ${vocabulary} logits`,
      );
    } catch (cause) {
      if (signal?.aborted === true) throw new LenityError("aborted", "The request was cancelled.", { cause });
      throw new LenityError(
        "worker_lost",
        `The target at ${url} failed: ${cause instanceof Error ? cause.message : cause}`,
        {
          cause,
        },
      );
    }
  }
}
