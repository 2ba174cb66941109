import { LenityError } from "../error.ts";
import type { AppendOptions, HiddenKind, LanguageModel, Scores, Session, Token } from "../model.ts";

export interface TableModelOptions {
  readonly vocabulary: number;
  /** The logits of the token that follows this context. */
  readonly logits: (context: readonly Token[]) => ArrayLike<number>;
  readonly name?: string | undefined;
  readonly eos?: readonly Token[] | undefined;
  readonly contextLength?: number | undefined;
  /** The hidden state at the last token of this context, with its kind and width. */
  readonly hidden?:
    | {
        readonly kind: HiddenKind;
        readonly width: number;
        readonly state: (context: readonly Token[]) => ArrayLike<number>;
      }
    | undefined;
}

/**
 * A language model that is a function of its context: small enough to enumerate, with the caching rules of a real one.
 */
export interface TableModel extends LanguageModel {
  /** Open sessions. */
  readonly openSessions: number;
  /** The logits of the token that follows this context. */
  logits(context: readonly Token[]): Float32Array;
}

export function tableModel(options: TableModelOptions): TableModel {
  const { vocabulary, hidden, contextLength = 4096 } = options;
  let openSessions = 0;
  return {
    name: options.name ?? "table",
    vocabulary,
    contextLength,
    eos: options.eos ?? [],
    hidden: hidden === undefined ? {} : { [hidden.kind]: hidden.width },
    get openSessions() {
      return openSessions;
    },
    logits: (context) => Float32Array.from(options.logits(context)),
    async open(): Promise<Session> {
      openSessions++;
      let cache: Token[] = [];
      let closed = false;
      return {
        get length() {
          return cache.length;
        },
        async append(
          tokens: readonly Token[],
          { rows = tokens.length, hidden: requested, signal }: AppendOptions = {},
        ): Promise<Scores> {
          if (closed) throw new Error("append() on a closed session.");
          if (signal?.aborted === true) throw new LenityError("aborted", "The request was cancelled.");
          if (cache.length + tokens.length > contextLength) {
            throw new LenityError(
              "context_full",
              `${cache.length} + ${tokens.length} tokens do not fit into a context of ${contextLength}.`,
            );
          }
          const base = cache.length + tokens.length - rows;
          cache = [...cache, ...tokens];
          const logits = new Float32Array(rows * vocabulary);
          const states =
            hidden !== undefined && requested === hidden.kind ? new Float32Array(rows * hidden.width) : undefined;
          for (let row = 0; row < rows; row++) {
            const context = cache.slice(0, base + row + 1);
            logits.set(options.logits(context), row * vocabulary);
            if (hidden !== undefined) states?.set(hidden.state(context), row * hidden.width);
          }
          return { rows, logits, hidden: states };
        },
        rewind(length: number): void {
          if (!(Number.isInteger(length) && length >= 0 && length <= cache.length)) {
            throw new RangeError(`rewind(${length}) on a session with ${cache.length} tokens.`);
          }
          cache = cache.slice(0, length);
        },
        close(): void {
          if (!closed) openSessions--;
          closed = true;
        },
      };
    },
    async close() {},
  };
}
