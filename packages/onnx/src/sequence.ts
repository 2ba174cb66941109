/**
 * One sequence in the worker: its tokens, and a cache whose first `tokens.length` rows belong to them. Rewinding shortens `tokens`; the rows
 * beyond are overwritten by the next block.
 */
import { type HiddenKind, LenityError, type Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { type Cache, withRoom, writeRows } from "./cache.ts";
import type { Graph } from "./graph.ts";

/** A sequence and its cache. */
export interface Sequence {
  readonly tokens: Token[];
  cache: Cache | undefined;
  /** The cache's buffers as ONNX Runtime takes them, and fills them when it updates them in place. */
  readonly feeds: Record<string, Tensor>;
  readonly fetches: Record<string, Tensor>;
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
  return { tokens: [], cache: undefined, feeds: {}, fetches: {} };
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
  const { Tensor } = graph.runtime;
  let start = sequence.tokens.length;
  let block = tokens;
  let pad = 0;
  if (tokens.length === 1) {
    // Blocks of two or more rows give the same logits to the bit whatever their shape; a block of one does not. So a single token never runs
    // alone: a copy follows it, whose cache row the next block overwrites; at the end of the context the token before runs again with it.
    const [token] = tokens as [Token];
    if (start + 2 <= contextLength) [block, pad] = [[token, token], 1];
    else [block, start] = [[sequence.tokens[start - 1] as Token, token], start - 1];
  }
  const total = start + block.length;
  const cache = reserve(model, sequence, total, start);
  const int64 = (values: BigInt64Array, shape: readonly number[]) => new Tensor("int64", values, shape);
  const feeds: Record<string, Tensor> = {
    ...sequence.feeds,
    input_ids: int64(BigInt64Array.from(block, BigInt), [1, block.length]),
    attention_mask: int64(new BigInt64Array(total).fill(1n), [1, total]),
  };
  for (const { name, shape } of graph.inputs) {
    if (name === "position_ids") {
      const positions = BigInt64Array.from(block, (_, i) => BigInt(start + i));
      feeds[name] = int64(positions, [1, block.length]);
    } else if (name === "num_logits_to_keep") {
      // Never a single row, for the same reason: an output matrix may have a kernel of its own for it.
      const kept = BigInt64Array.of(BigInt(Math.max(2, rows + pad)));
      feeds[name] = int64(kept, new Array<number>(shape.length).fill(1));
    }
  }
  const tap = kind === undefined || rows === 0 ? undefined : graph.hidden[kind];
  const fetches: Record<string, Tensor | null> = { ...sequence.fetches };
  if (graph.newRows) fetches["present_rows"] = null;
  if (rows > 0) fetches["logits"] = null;
  if (tap !== undefined) fetches[tap.output] = null;
  const results = await graph.session.run(feeds, fetches);
  if (graph.newRows) writeRows(cache, results["present_rows"]?.data as Float32Array, start, graph);
  return {
    logits: rows > 0 ? lastRows(results["logits"], rows, pad, vocabulary) : undefined,
    hidden: tap === undefined ? undefined : lastRows(results[tap.output], rows, pad, tap.width),
  };
}

function reserve({ graph, contextLength }: Model, sequence: Sequence, total: number, used: number): Cache {
  const cache = withRoom(sequence.cache, total, used, graph, contextLength);
  if (cache === sequence.cache) return cache;
  sequence.cache = cache;
  const shape = [1, graph.groups, cache.capacity, graph.headSize];
  cache.buffers.forEach((buffer, index) => {
    const part = `${index >> 1}.${index % 2 === 0 ? "key" : "value"}`;
    const tensor = new graph.runtime.Tensor("float32", buffer, shape);
    sequence.feeds[`past_key_values.${part}`] = tensor;
    // The same memory as past and as present: GroupQueryAttention then writes the new rows in place. It costs a copy of each cache per run,
    // which files with present_rows save.
    if (!graph.newRows) sequence.fetches[`present.${part}`] = tensor;
  });
  return cache;
}

function lastRows(tensor: Tensor | undefined, rows: number, pad: number, width: number): Float32Array {
  // Files may leave the sizes of their outputs open.
  if (tensor?.dims.at(-1) !== width) {
    throw new LenityError("model_files", `The model returned rows of ${tensor?.dims.at(-1)} numbers; config.json lets expect ${width}.`);
  }
  const data = tensor.data as Float32Array;
  const end = data.length - pad * width;
  return data.subarray(end - rows * width, end);
}
