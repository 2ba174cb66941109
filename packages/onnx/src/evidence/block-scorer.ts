/** Computes readings of drafted blocks where the logits are. */
import { argmax, type Reading } from "@lenity/core";
import { copyRows, readsDraft } from "@lenity/core/internal";
import type { Tensor } from "onnxruntime-node";
import { cellsOf, tensorOf, toFloat32 } from "../graph/float-tensors.ts";
import type { ScoreReply, ScoreRequest } from "../protocol/protocol.ts";
import { append, type LogitRows, type Model, rowsHere, type Sequence } from "../run/sequence.ts";
import { partReadings, proofRows } from "./evidence-graph.ts";
import { type EvidenceSessions, evidenceSessions } from "./evidence-sessions.ts";
import { lowest } from "./softmax-nodes.ts";

/** Scores blocks of one model's sequences. */
export interface BlockScorer {
  /**
   * Appends the block. Its logits stay with the sequence until `forgetBlock`. Throws a RangeError when readings need
   * the drafter's logits and there is not exactly one row for each drafted token. On error the sequence is unchanged.
   */
  score(sequence: Sequence, request: ScoreRequest, cancel: Int32Array | undefined): Promise<ScoreReply>;
  /** The logits of one position of the last block. */
  logitsAt(sequence: Sequence, at: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Frees the logits of the sequence's last block. */
export function forgetBlock(sequence: Sequence): void {
  for (const { tensor } of sequence.blockLogits ?? []) if (tensor.location !== "cpu") tensor.dispose();
  sequence.blockLogits = undefined;
}

/** A scorer for a model that can open small graphs beside its own. */
export function blockScorer(model: Model): BlockScorer {
  const sessions = evidenceSessions(model);
  return {
    async score(sequence, request, cancel) {
      const { tokens, readings, hidden: kind, alone, drafterLogits } = request;
      const drafts = drafterLogits === undefined ? 0 : drafterLogits.length / model.vocabulary;
      if (readings.some(readsDraft) && (drafts === 0 || drafts !== tokens.length - 1)) {
        throw new RangeError(
          `Got ${drafts} rows of the drafter's logits for ${tokens.length - 1} drafted tokens; expected one row per token.`,
        );
      }
      const blockLogits: LogitRows[] = [];
      sequence.blockLogits = blockLogits;
      const before = sequence.tokens.length;
      const take = (rows: LogitRows) => void blockLogits.push(rows);
      try {
        const settings = { rows: tokens.length, hidden: kind, alone, cancel, take };
        const { hidden } = await append(model, sequence, tokens, settings);
        return { values: await readBlock(model, sessions, blockLogits, request), drafterLogits, hidden };
      } catch (error) {
        sequence.tokens.length = before;
        forgetBlock(sequence);
        throw error;
      }
    },
    logitsAt: (sequence, at) => logitsAt(model, sequence.blockLogits ?? [], at),
  };
}

async function logitsAt(model: Model, block: readonly LogitRows[], at: number): Promise<Float32Array<ArrayBuffer>> {
  let from = 0;
  for (const { tensor, first, end } of block) {
    const index = at - from + first;
    from += end - first;
    if (at >= from) continue;
    const logits = new Float32Array(model.vocabulary);
    copyRows(toFloat32(await rowsHere(model.graph, tensor, index, index + 1, model.width)), model.width, logits, model);
    return logits;
  }
  throw new RangeError(
    `Row ${at} is not available: the last scored block has ${from} positions. Read rows before the next append.`,
  );
}

/** The readings [readings, tokens] of a block, from the logits of its runs. */
async function readBlock(
  model: Model,
  sessions: EvidenceSessions,
  block: readonly LogitRows[],
  request: ScoreRequest,
): Promise<Float32Array<ArrayBuffer>> {
  const { tokens, readings } = request;
  const [own, compared] = partReadings(readings);
  const values = new Float32Array(readings.length * tokens.length);
  let from = 0;
  for (const rows of block) {
    const { first, end } = rows;
    const results = await runEvidence(model, sessions, rows, from, request);
    /** Line `n` of an output, without positions before the block. */
    const line = (output: string, n: number, count: number): Float32Array => {
      const { data, dims } = results[output] as Tensor;
      const begin = n * (dims[1] as number) + first;
      return (data as Float32Array).subarray(begin, begin + count);
    };
    const [highest, sums] = [line("readings", 0, end - first), line("readings", 1, end - first)];
    for (const [i, sum] of sums.entries()) {
      // Throws the same error for bad logits as for requested rows.
      if (!isSound(highest[i] as number, sum)) argmax(await logitsAt(model, block, from + i));
    }
    const write = (reading: Reading, found: Float32Array) =>
      values.set(found, readings.indexOf(reading) * tokens.length + from);
    for (const [n, reading] of own.entries()) write(reading, line("readings", proofRows + n, end - first));
    const tested = Math.min(end - first, tokens.length - 1 - from);
    if (tested > 0) for (const [n, reading] of compared.entries()) write(reading, line("compared", n, tested));
    from += end - first;
  }
  return values;
}

/** Runs the evidence graph on the rows of one run; its first row that counts is position `from` of the block. */
async function runEvidence(
  { graph, vocabulary, unused }: Model,
  sessions: EvidenceSessions,
  { tensor, first }: LogitRows,
  from: number,
  { tokens, readings, temperature, drafterLogits }: ScoreRequest,
): Promise<Record<string, Tensor>> {
  const { Tensor } = graph.runtime;
  const length = tensor.dims[1] as number;
  const begin = from - first;
  const tests = BigInt64Array.from({ length }, (_, i) => BigInt(tokens[begin + i + 1] ?? 0));
  const session = await sessions.open(readings, tensor.type === "float16" ? "float16" : "float32");
  const compares = drafterLogits !== undefined && readings.some(readsDraft);
  return session.run({
    // A tensor returned by a run cannot be passed to another one as it is: see tensorOf.
    logits: tensor.location === "cpu" ? tensorOf(graph.runtime, cellsOf(tensor), tensor.dims) : tensor,
    tokens: new Tensor("int64", tests, [length, 1]),
    cooling: new Tensor("float32", Float32Array.of(1 / temperature), [1]),
    ...(unused.size > 0 ? { unused: new Tensor("bool", sessions.gaps, [vocabulary]) } : {}),
    ...(compares ? { drafter_logits: drafterRows(Tensor, drafterLogits, vocabulary, begin, length) } : {}),
  });
}

/**
 * The drafter's rows for the rows of a run that starts at position `begin` of the block. Always at least one row; it is
 * not read if no row matches.
 */
function drafterRows(
  tensor: Model["graph"]["runtime"]["Tensor"],
  logits: Float32Array<ArrayBuffer>,
  vocabulary: number,
  begin: number,
  length: number,
): Tensor {
  const drafts = logits.length / vocabulary;
  const from = Math.min(begin, drafts - 1);
  const to = Math.max(from + 1, Math.min(begin + length, drafts));
  const rows = logits.subarray(Math.max(0, from) * vocabulary, to * vocabulary);
  if (begin >= 0) return new tensor("float32", rows, [to - from, vocabulary]);
  // The run starts with the token before the block, which has no drafted row.
  const padded = new Float32Array((to - begin) * vocabulary);
  padded.set(rows, -begin * vocabulary);
  return new tensor("float32", padded, [to - begin, vocabulary]);
}

/**
 * Whether a position's logits are valid numbers, judging by its `proofRows`: NaN and +∞ show in the sum or in the
 * highest logit.
 */
export function isSound(highest: number, sum: number): boolean {
  return Number.isFinite(highest) && highest > lowest && !Number.isNaN(sum);
}
