/**
 * One sequence in the worker: its tokens, and a cache whose first `tokens.length` rows belong to them. Rewinding
 * shortens `tokens`; the rows beyond are dropped by the next block.
 */
import { type HiddenKind, LenityError, type Token } from "@lenity/core";
import { copyRows } from "@lenity/core/internal";
import type { Tensor } from "onnxruntime-node";
import type { Batch, Gathering } from "../batch/gathering.ts";
import { mostTokens, type Pass } from "../batch/pass.ts";
import type { Cache } from "../cache/cache.ts";
import { openCache } from "../cache/open-cache.ts";
import { region } from "../cache/split-cache.ts";
import { blockFeeds } from "../graph/block-feeds.ts";
import { type Cells, cellsOf, toFloat32 } from "../graph/float-tensors.ts";
import type { DrafterGraph, Graph } from "../graph/graph.ts";
import { isLone } from "../graph/row-tiles.ts";
import { chunk } from "../protocol/chunk.ts";

/** A sequence and its cache. */
export interface Sequence {
  readonly tokens: Token[];
  /** Opened by the first block. */
  cache: Cache | undefined;
  /** The logits of the last block, as its runs returned them (see block-scorer.ts). */
  blockLogits?: readonly LogitRows[] | undefined;
}

/** Rows `first` to before `end` of logits [1, rows, width], as returned by a run, possibly on a device. */
export interface LogitRows {
  readonly tensor: Tensor;
  readonly first: number;
  readonly end: number;
}

/** An opened graph, and what the folder says about it. */
export interface Model {
  readonly graph: Graph;
  /** The graph that drafts with this model's cache, if the folder has one. */
  readonly drafter?: DrafterGraph | undefined;
  readonly name: string;
  /** The logits per row of the graph. */
  readonly width: number;
  /** The logits per returned row, and the ids whose logits are −∞. */
  readonly vocabulary: number;
  readonly unused: ReadonlySet<Token>;
  readonly contextLength: number;
  /** How passes of several sequences run at once, if they can. */
  readonly together?: { readonly batch: Batch; readonly gathering: Gathering } | undefined;
}

/** The rows to return from an append, and how it can be cancelled. */
export interface AppendSettings {
  /** Rows to return, counted from the end. */
  readonly rows: number;
  readonly hidden?: HiddenKind | undefined;
  /**
   * Whether a single token may run alone: faster, but its numbers may differ from those that it has in a block. By
   * default another row runs with it.
   */
  readonly alone?: boolean | undefined;
  /** Set to 1 by the main thread when the caller cancels. */
  readonly cancel?: Int32Array | undefined;
  /** Takes ownership of each run's logits unconverted and must free them; no logits are returned then. */
  readonly take?: ((rows: LogitRows) => void) | undefined;
}

/** [rows, vocabulary] and [rows, width], row-major. */
export interface AppendedRows {
  readonly logits: Float32Array<ArrayBuffer>;
  readonly hidden?: Float32Array<ArrayBuffer> | undefined;
}

/** An empty sequence. */
export function newSequence(): Sequence {
  return { tokens: [], cache: undefined };
}

/** A new sequence with a copy of another one's first `length` tokens and their rows. */
export function copySequence({ tokens, cache }: Sequence, length: number): Sequence {
  const copy = { tokens: [...tokens], cache: cache?.copy(length) };
  rewindSequence(copy, length);
  return copy;
}

/**
 * Drops all tokens from `length` on. Throws when there are fewer: the two threads would disagree on the cache's
 * content.
 */
export function rewindSequence({ tokens }: Sequence, length: number): void {
  if (length > tokens.length)
    throw new RangeError(`The sequence has ${tokens.length} tokens; expected at least ${length}.`);
  tokens.length = length;
}

/** Appends tokens in chunks. On error the sequence is unchanged. */
export async function append(
  model: Model,
  sequence: Sequence,
  tokens: readonly Token[],
  settings: AppendSettings,
): Promise<AppendedRows> {
  const { graph, vocabulary } = model;
  const { alone } = settings;
  const before = sequence.tokens.length;
  const width = settings.hidden === undefined ? 0 : (graph.hidden[settings.hidden]?.width ?? 0);
  const logits = new Float32Array(settings.take === undefined ? settings.rows * vocabulary : 0);
  const hidden = settings.hidden === undefined ? undefined : new Float32Array(settings.rows * width);
  try {
    for (let start = 0, end = 0; start < tokens.length; start = end) {
      stopIfCancelled(settings.cancel);
      const room = border(graph, before + start, model.contextLength) - before;
      end = Math.min(start + (graph.chunk ?? chunk), room, tokens.length);
      // A last row must not run alone. If there is no room after it, and no token before the run in its region to run
      // again, it waits for the next run.
      const cornered = (end === room || graph.lastOnly) && !canRepeat(graph, before + start);
      if (end - start > 1 && isLone(end - start, graph.inPairs) && cornered) end--;
      const block = tokens.slice(start, end);
      const firstRow = Math.max(start, tokens.length - settings.rows);
      const rows = Math.max(0, end - firstRow);
      const result = await run(model, sequence, block, { rows, hidden: settings.hidden, alone });
      sequence.tokens.push(...block);
      const at = firstRow - (tokens.length - settings.rows);
      if (result.hidden !== undefined) hidden?.set(await float32Here(graph, result.hidden, width), at * width);
      if (result.logits === undefined) continue;
      if (settings.take !== undefined) settings.take(result.logits);
      else {
        const rowsHere = await float32Here(graph, result.logits, model.width);
        copyRows(rowsHere, model.width, logits.subarray(at * vocabulary, (at + rows) * vocabulary), model);
      }
    }
  } catch (error) {
    sequence.tokens.length = before;
    throw error;
  }
  return { logits, hidden };
}

/** Throws `aborted` when the flag is set. */
export function stopIfCancelled(cancel: Int32Array | undefined): void {
  if (cancel !== undefined && Atomics.load(cancel, 0) === 1)
    throw new LenityError("aborted", "The request was cancelled.");
}

/** The sequence's cache, opened on first use. */
export function cacheOf({ graph, contextLength }: Model, sequence: Sequence): Cache {
  return (sequence.cache ??= openCache(graph, contextLength));
}

/** Runs one pass of the graph. Returns the location of the block's last `rows` rows. */
async function run(
  model: Model,
  sequence: Sequence,
  tokens: readonly Token[],
  { rows, hidden: kind, alone }: Pick<AppendSettings, "rows" | "hidden" | "alone">,
) {
  const { graph } = model;
  const single = alone === true && tokens.length === 1;
  const tap = kind === undefined || rows === 0 ? undefined : graph.hidden[kind];
  const wanted = [...(rows > 0 ? ["logits"] : []), ...(tap === undefined ? [] : [tap.output])];
  const shared = await runTogether(model, sequence, tokens, { single, outputs: wanted });
  if (shared !== undefined) {
    return {
      logits: rows > 0 ? lastRows(shared["logits"], rows, 0) : undefined,
      hidden: tap === undefined ? undefined : lastRows(shared[tap.output], rows, 0),
    };
  }
  let start = sequence.tokens.length;
  let block = tokens;
  let pad = 0;
  if (!single && isLone(tokens.length, graph.inPairs)) {
    // Blocks of any shape give the same logits bit for bit, except for a row that runs alone. So no last token runs
    // alone: a copy is appended to it, whose cache row the next block drops. At the end of the context or of a region,
    // and where only the copy would be scored, the previous token runs again with it instead (any later block starts no
    // later than there, so its old row is not missed).
    const last = tokens.at(-1) as Token;
    // Files with an int8 cache can place the copy beyond the context, since no run of theirs crosses a region's border.
    const most = model.contextLength + (graph.int8 === true ? 1 : 0);
    const roomAfter = start + tokens.length < border(graph, start, most);
    if (roomAfter && !(graph.lastOnly && rows > 0)) [block, pad] = [[...tokens, last], 1];
    else if (start > 0) [block, start] = [[sequence.tokens[start - 1] as Token, ...tokens], start - 1];
  }
  const end = start + block.length;
  const cache = cacheOf(model, sequence);
  const { feeds, fetches } = await cache.prepare(start, end);
  const outputs: Record<string, Tensor | null> = { ...fetches };
  for (const name of wanted) outputs[name] = null;
  // Nor does the last row of logits, for the same reason: the output matrix may use a different kernel for it.
  const scored = Math.max(1, rows + pad);
  const kept = single ? rows : scored + (isLone(scored, graph.inPairs) ? 1 : 0);
  const results = await graph.session.run({ ...feeds, ...blockFeeds(graph, block, start, kept) }, outputs);
  cache.keep(results, start, end, pad);
  return {
    logits: rows > 0 ? lastRows(results["logits"], rows, pad) : undefined,
    hidden: tap === undefined ? undefined : lastRows(results[tap.output], rows, pad),
  };
}

/**
 * Waits until this pass may run. If it has then run with those of other sequences, keeps its cache rows and returns its
 * results; else it is to be run by itself now.
 */
async function runTogether(
  model: Model,
  sequence: Sequence,
  tokens: readonly Token[],
  { single, outputs }: { readonly single: boolean; readonly outputs: readonly string[] },
) {
  const { graph, contextLength, together } = model;
  if (together === undefined) return undefined;
  const { batch, gathering } = together;
  const start = sequence.tokens.length;
  const doubled = !single && isLone(tokens.length);
  const end = start + tokens.length;
  const attended = end + (doubled ? 1 : 0);
  // Where two rows are multiplied at a time, a single one has other bits alone than among others.
  const differs = single && graph.inPairs === true;
  const hasRoom = attended <= border(graph, start, contextLength);
  const fits = tokens.length <= mostTokens && hasRoom && !differs;
  const cache = cacheOf(model, sequence);
  let pass: Pass | undefined;
  if (fits && outputs.every((name) => batch.outputs.includes(name)))
    pass = { tokens, start, doubled, outputs, caches: (await cache.prepare(start, attended)).feeds };
  const results = await gathering.join(batch, pass);
  if (results !== undefined) cache.keep(results, start, end);
  return results;
}

/** Whether a run of several tokens from `start` may also run the token before it: it is in the same region. */
const canRepeat = ({ family }: Graph, start: number): boolean =>
  start > 0 && (family !== "split" || start % region > 0);

/** The position before which a run from `start` must end, if it must end before `most`. */
function border({ family }: Graph, start: number, most: number): number {
  return family === "split" ? Math.min(most, start - (start % region) + region) : most;
}

function lastRows(tensor: Tensor | undefined, rows: number, pad: number): LogitRows {
  const end = (tensor?.dims[1] ?? 0) - pad;
  if (end < rows) throw new LenityError("model_files", `The model returned ${end + pad} rows; expected ${rows + pad}.`);
  return { tensor: tensor as Tensor, first: end - rows, end };
}

/** The cells of rows `first` to before `end` of a run's output [1, rows, width], fetched if they are on a device. */
export async function rowsHere(
  { fetch }: Pick<Graph, "fetch">,
  tensor: Tensor,
  first: number,
  end: number,
  width: number,
): Promise<Cells> {
  // Files may leave the sizes of outputs open.
  if (tensor.dims.at(-1) !== width) {
    throw new LenityError(
      "model_files",
      `The model returned rows of ${tensor.dims.at(-1)} numbers; expected ${width}, from config.json.`,
    );
  }
  if (tensor.location === "cpu" || fetch === undefined) return cellsOf(tensor).subarray(first * width, end * width);
  return cellsOf(await fetch(tensor, first, end));
}

/** Converts rows to float32 and frees the originals. */
async function float32Here(graph: Graph, { tensor, first, end }: LogitRows, width: number): Promise<Float32Array> {
  try {
    return toFloat32(await rowsHere(graph, tensor, first, end, width));
  } finally {
    if (tensor.location !== "cpu") tensor.dispose();
  }
}
