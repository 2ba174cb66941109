/**
 * One sequence in the worker: its tokens, and a cache whose first `tokens.length` rows belong to them. Rewinding shortens `tokens`; the rows
 * beyond are dropped by the next block.
 */
import { type HiddenKind, LenityError, type Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { blockFeeds } from "./block-feeds.ts";
import type { Cache } from "./cache.ts";
import { cellsOf, numbers } from "./cells.ts";
import { fixedCache } from "./fixed-cache.ts";
import type { Graph } from "./graph.ts";
import { growingCache } from "./growing-cache.ts";

/** A sequence and its cache. */
export interface Sequence {
  readonly tokens: Token[];
  /** Opened by the first block. */
  cache: Cache | undefined;
}

/** An opened graph, and what the folder says of it. */
export interface Model {
  readonly graph: Graph;
  readonly name: string;
  readonly vocabulary: number;
  readonly contextLength: number;
}

/** What an append returns, and until when. */
export interface Wanted {
  /** Rows to return, counted from the end. */
  readonly rows: number;
  readonly hidden?: HiddenKind | undefined;
  /** Set to 1 by the main thread when the caller gave up. */
  readonly cancel?: Int32Array | undefined;
}

/** [rows, vocabulary] and [rows, width], row-major. */
export interface Rows {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
}

/** The most tokens of a prompt in one run: between runs a request can be cancelled. */
const chunk = 128;

/** An empty sequence. */
export function newSequence(): Sequence {
  return { tokens: [], cache: undefined };
}

/** Appends tokens in chunks. On any error the sequence is as it was. */
export async function append(model: Model, sequence: Sequence, tokens: readonly Token[], wanted: Wanted): Promise<Rows> {
  const { graph, vocabulary } = model;
  const before = sequence.tokens.length;
  const width = wanted.hidden === undefined ? 0 : (graph.hidden[wanted.hidden]?.width ?? 0);
  const logits = new Float32Array(wanted.rows * vocabulary);
  const hidden = wanted.hidden === undefined ? undefined : new Float32Array(wanted.rows * width);
  try {
    for (let start = 0; start < tokens.length; start += chunk) {
      const cancelled = wanted.cancel !== undefined && Atomics.load(wanted.cancel, 0) === 1;
      if (cancelled) throw new LenityError("aborted", "The request was cancelled.");
      const block = tokens.slice(start, start + chunk);
      const end = start + block.length;
      const firstRow = Math.max(start, tokens.length - wanted.rows);
      const rows = Math.max(0, end - firstRow);
      const result = await run(model, sequence, block, rows, wanted.hidden);
      sequence.tokens.push(...block);
      const at = firstRow - (tokens.length - wanted.rows);
      if (result.logits !== undefined) logits.set(result.logits, at * vocabulary);
      if (result.hidden !== undefined) hidden?.set(result.hidden, at * width);
    }
  } catch (error) {
    sequence.tokens.length = before;
    throw error;
  }
  return { logits, hidden };
}

/** One pass of the graph. Returns views of the last `rows` rows of the block. */
async function run(model: Model, sequence: Sequence, tokens: readonly Token[], rows: number, kind: HiddenKind | undefined) {
  const { graph, vocabulary, contextLength } = model;
  let start = sequence.tokens.length;
  let block = tokens;
  let pad = 0;
  if (tokens.length === 1) {
    // Blocks of two or more rows give the same logits to the bit whatever their shape; a block of one does not. So a single token never runs
    // alone: a copy follows it, whose cache row the next block drops; at the end of the context the token before runs again with it (and
    // whatever follows begins no later than there, so its old row is not missed).
    const [token] = tokens as [Token];
    if (start + 2 <= contextLength) [block, pad] = [[token, token], 1];
    else [block, start] = [[sequence.tokens[start - 1] as Token, token], start - 1];
  }
  const end = start + block.length;
  sequence.cache ??= graph.family === "concat" ? growingCache(graph) : fixedCache(graph, contextLength);
  const { feeds, fetches } = sequence.cache.prepare(start, end);
  const tap = kind === undefined || rows === 0 ? undefined : graph.hidden[kind];
  const wanted: Record<string, Tensor | null> = { ...fetches };
  if (rows > 0) wanted["logits"] = null;
  if (tap !== undefined) wanted[tap.output] = null;
  // Never a single row of logits, for the same reason as above: an output matrix may have a kernel of its own for it.
  const results = await graph.session.run({ ...feeds, ...blockFeeds(graph, block, start, Math.max(2, rows + pad)) }, wanted);
  sequence.cache.keep(results, start, end);
  return {
    logits: rows > 0 ? lastRows(results["logits"], rows, pad, vocabulary) : undefined,
    hidden: tap === undefined ? undefined : lastRows(results[tap.output], rows, pad, tap.width),
  };
}

function lastRows(tensor: Tensor | undefined, rows: number, pad: number, width: number): Float32Array {
  // Files may leave the sizes of their outputs open.
  if (tensor?.dims.at(-1) !== width) {
    throw new LenityError("model_files", `The model returned rows of ${tensor?.dims.at(-1)} numbers; config.json lets expect ${width}.`);
  }
  const cells = cellsOf(tensor);
  const end = cells.length - pad * width;
  return numbers(cells.subarray(end - rows * width, end));
}
