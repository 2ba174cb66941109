/** What the fake engines share: a table model, its log probabilities, draws, and the faults that real engines have. */
import { seeded, softmax, type Token } from "@lenity/core";
import type { TableModel } from "@lenity/core/testing";

/** Faults, each off by default. */
export interface Quirks {
  /** Every n-th call that reads the cache answers with rows of another context. */
  readonly staleEvery?: number;
  /** The most tokens that may be listed; more is refused. */
  readonly mostListed?: number;
  /** Answers nothing about the prompt. */
  readonly withoutLogprobs?: boolean;
  /** Milliseconds until each answer. */
  readonly delay?: number;
  /** Every n-th call breaks off before it is answered. */
  readonly dropEvery?: number;
  /** Every n-th call is refused because the engine is busy. */
  readonly busyEvery?: number;
  /** From this call on, another model answers. */
  readonly replacedFrom?: number;
  /** Whether the other model also has another name. */
  readonly renamed?: boolean;
  /** Refuses seeds, and draws with its own. */
  readonly refusesSeeds?: boolean;
  /** Whole rows cannot be listed. */
  readonly withoutRows?: boolean;
  /** Hidden states are returned only of the last token, as the server was started. */
  readonly onlyLastStates?: boolean;
  /** Hidden states cannot be asked for by mode, as in versions that confuse those of several requests. */
  readonly withoutModes?: boolean;
  /** From this call on, hidden states come with one of another request. */
  readonly mixedFrom?: number;
}

export interface FakeOptions extends Quirks {
  readonly model: TableModel;
  /** The model that takes its place. */
  readonly other?: TableModel;
  /** The hidden state at the last token of a context, if the server was started to return them. */
  readonly states?: (context: readonly Token[]) => ArrayLike<number>;
  readonly contextLength?: number;
}

/** What the engine has done so far. */
export interface Counts {
  calls: number;
  /** Tokens that were computed, because no cache had them. */
  computed: number;
}

export interface Table {
  readonly name: string;
  readonly counts: Counts;
  /** Counts a call, and waits or breaks it off as the quirks say. */
  begin(signal: AbortSignal): Promise<Response | undefined>;
  /** The log probabilities behind a context. `cached`: whether its beginning comes from the cache. */
  logprobs(context: readonly Token[], cached: boolean): Float64Array;
  /**
   * Counts the tokens that a call computes, at least one, and returns how many came from the cache: its longest
   * beginning of at most `cacheable`.
   */
  compute(tokens: readonly Token[], cacheable: number): number;
}

export function fakeTable(options: FakeOptions): Table {
  const counts = { calls: 0, computed: 0 };
  const rows = new Map<string, Float64Array>();
  const cache = new Set<string>();
  let cachedCalls = 0;
  let stale = false;
  const replaced = () => options.replacedFrom !== undefined && counts.calls >= options.replacedFrom;
  return {
    counts,
    get name() {
      return replaced() && options.renamed === true ? "another-model" : "table-model";
    },
    async begin(signal) {
      counts.calls++;
      const every = (n: number | undefined) => n !== undefined && counts.calls % n === 0;
      if (options.delay !== undefined) await waited(options.delay, signal);
      if (every(options.dropEvery)) throw new TypeError("the connection was closed");
      return every(options.busyEvery) ? new Response("too many requests", { status: 429 }) : undefined;
    },
    logprobs(context, cached) {
      const read =
        cached && stale ? [...context.slice(0, -1), ((context.at(-1) ?? 0) + 1) % options.model.vocabulary] : context;
      const model = replaced() ? (options.other as TableModel) : options.model;
      const key = `${replaced()} ${read.join()}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = Float64Array.from(softmax(model.logits(read)), Math.log);
        rows.set(key, row);
      }
      return row;
    },
    compute(tokens, cacheable) {
      stale = false;
      if (cacheable > 0 && options.staleEvery !== undefined) stale = ++cachedCalls % options.staleEvery === 0;
      let length = Math.min(cacheable, tokens.length - 1);
      while (length > 0 && !cache.has(tokens.slice(0, length).join())) length--;
      counts.computed += tokens.length - length;
      for (let end = length + 1; end <= tokens.length; end++) cache.add(tokens.slice(0, end).join());
      return length;
    },
  };
}

function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

/** The ids of the most probable tokens, best first. */
export function bestOf(logprobs: Float64Array, count: number): Token[] {
  return Array.from(logprobs.keys())
    .filter((token) => (logprobs[token] as number) > Number.NEGATIVE_INFINITY)
    .sort((a, b) => (logprobs[b] as number) - (logprobs[a] as number) || a - b)
    .slice(0, count);
}

/** Draws like an engine: from its own row, with the seed of the request. */
export function drawsOf(logprobs: Float64Array, count: number, seed: number): Token[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    let left = random();
    for (let token = 0; token < logprobs.length; token++) {
      left -= Math.exp(logprobs[token] as number);
      if (left < 0) return token;
    }
    return bestOf(logprobs, 1)[0] as Token;
  });
}
