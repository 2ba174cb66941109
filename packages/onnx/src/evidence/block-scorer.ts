/** Numbers of drafted blocks, computed where the logits lie. */
import { argmax, type Reading } from "@lenity/core";
import { copyRows, readsDraft } from "@lenity/core/internal";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { cellsOf, numbers as numbersIn, tensorOf } from "../graph/float-tensors.ts";
import type { ScoreReply, ScoreRequest } from "../protocol/protocol.ts";
import { append, type LogitRows, type Model, rowsHere, type Sequence } from "../run/sequence.ts";
import { evidenceGraph, parted, proofRows } from "./evidence-graph.ts";
import { lowest } from "./softmax-nodes.ts";

/** Scores blocks of one model's sequences. */
export interface BlockScorer {
  /**
   * Appends the block; its logits stay with the sequence until `forgetRows`. Throws a RangeError when drafted rows are read and not as many as there
   * are drafted tokens were lent. On any error the sequence is as it was.
   */
  score(sequence: Sequence, request: ScoreRequest, cancel: Int32Array | undefined): Promise<ScoreReply>;
  /** The logits of one position of the last block. */
  row(sequence: Sequence, at: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Frees the logits that a block has left. */
export function forgetRows(sequence: Sequence): void {
  for (const { tensor } of sequence.left ?? []) if (tensor.location !== "cpu") tensor.dispose();
  sequence.left = undefined;
}

/** Graphs that stay open: more sets of numbers than a server's requests usually want. Requests name their policies, so there must be an end. */
const mostGraphs = 16;

/** A scorer for a model that can open small graphs beside its own: one per set of numbers, opened when it is first wanted. */
export function blockScorer(model: Model): BlockScorer {
  const { graph, width, vocabulary, unused } = model;
  const { Tensor } = graph.runtime;
  const int64 = (values: readonly number[], shape: readonly number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  const sessions = new Map<string, InferenceSession>();
  const sessionFor = async (readings: readonly Reading[], precision: "float32" | "float16"): Promise<InferenceSession> => {
    const key = [precision, ...readings].join();
    const known = sessions.get(key);
    const session = known ?? (await graph.beside(evidenceGraph({ readings, width, vocabulary, precision, gaps: unused.size > 0 })));
    // The last is the one that was used last.
    sessions.delete(key);
    sessions.set(key, session);
    const [oldest] = sessions.keys();
    if (sessions.size > mostGraphs && oldest !== undefined) {
      await sessions.get(oldest)?.release();
      sessions.delete(oldest);
    }
    return session;
  };
  const gaps = Uint8Array.from({ length: unused.size > 0 ? vocabulary : 0 }, (_, id) => (unused.has(id) ? 1 : 0));

  /** The drafter's rows for the rows of a run from position `begin` of the block on: one at least, which is not read if it belongs to none. */
  const draftedRows = (lent: Float32Array<ArrayBuffer>, begin: number, length: number): Tensor => {
    const drafts = lent.length / vocabulary;
    const from = Math.min(begin, drafts - 1);
    const to = Math.max(from + 1, Math.min(begin + length, drafts));
    const rows = lent.subarray(Math.max(0, from) * vocabulary, to * vocabulary);
    if (begin >= 0) return new Tensor("float32", rows, [to - from, vocabulary]);
    // The run begins with the token before the block, which no drafted row belongs to.
    const padded = new Float32Array((to - begin) * vocabulary);
    padded.set(rows, -begin * vocabulary);
    return new Tensor("float32", padded, [to - begin, vocabulary]);
  };

  /** What the graph gives for the rows of one run, the first of which that counts is position `from` of the block. */
  const run = async ({ tensor, first }: LogitRows, from: number, request: ScoreRequest): Promise<Record<string, Tensor>> => {
    const { tokens, readings, temperature, drafted } = request;
    const length = tensor.dims[1] as number;
    const begin = from - first;
    const tests = Array.from({ length }, (_, i) => tokens[begin + i + 1] ?? 0);
    const session = await sessionFor(readings, tensor.type === "float16" ? "float16" : "float32");
    return session.run({
      // What a run returned is not yet what it takes: see tensorOf.
      logits: tensor.location === "cpu" ? tensorOf(graph.runtime, cellsOf(tensor), tensor.dims) : tensor,
      tokens: int64(tests, [length, 1]),
      cooling: new Tensor("float32", Float32Array.of(1 / temperature), [1]),
      ...(unused.size > 0 ? { unused: new Tensor("bool", gaps, [vocabulary]) } : {}),
      ...(drafted === undefined || !readings.some(readsDraft) ? {} : { drafted: draftedRows(drafted, begin, length) }),
    });
  };

  const row = async (sequence: Sequence, at: number): Promise<Float32Array<ArrayBuffer>> => {
    let from = 0;
    for (const { tensor, first, end } of sequence.left ?? []) {
      const index = at - from + first;
      from += end - first;
      if (at >= from) continue;
      const logits = new Float32Array(vocabulary);
      copyRows(numbersIn(await rowsHere(graph, tensor, index, index + 1, width)), width, logits, model);
      return logits;
    }
    throw new RangeError(`Row ${at} of a block of ${from} positions, after which nothing was appended.`);
  };

  /** Numbers [readings, tokens] of a block from what its runs have left. */
  const numbersOf = async (sequence: Sequence, request: ScoreRequest): Promise<Float32Array<ArrayBuffer>> => {
    const { tokens, readings } = request;
    const [own, drafts] = parted(readings);
    const numbers = new Float32Array(readings.length * tokens.length);
    let from = 0;
    for (const rows of sequence.left ?? []) {
      const { first, end } = rows;
      const results = await run(rows, from, request);
      /** Row `n` of an output, from the first position that counts on. */
      const line = (output: string, n: number, count: number): Float32Array => {
        const { data, dims } = results[output] as Tensor;
        const begin = n * (dims[1] as number) + first;
        return (data as Float32Array).subarray(begin, begin + count);
      };
      const [highest, sums] = [line("numbers", 0, end - first), line("numbers", 1, end - first)];
      for (const [i, sum] of sums.entries()) {
        // What is wrong with logits is told as for rows that were asked for.
        if (!isSound(highest[i] as number, sum)) argmax(await row(sequence, from + i));
      }
      const place = (reading: Reading, values: Float32Array) => numbers.set(values, readings.indexOf(reading) * tokens.length + from);
      for (const [n, reading] of own.entries()) place(reading, line("numbers", proofRows + n, end - first));
      const tested = Math.min(end - first, tokens.length - 1 - from);
      if (tested > 0) for (const [n, reading] of drafts.entries()) place(reading, line("compared", n, tested));
      from += end - first;
    }
    return numbers;
  };

  return {
    async score(sequence, request, cancel) {
      const { tokens, readings, hidden: kind, drafted } = request;
      const lent = drafted === undefined ? 0 : drafted.length / vocabulary;
      if (readings.some(readsDraft) && (lent === 0 || lent !== tokens.length - 1))
        throw new RangeError(`Drafted rows are read, and ${lent} of them were lent for ${tokens.length - 1} drafted tokens.`);
      const left: LogitRows[] = [];
      sequence.left = left;
      const before = sequence.tokens.length;
      const take = (rows: LogitRows) => void left.push(rows);
      try {
        const { hidden } = await append(model, sequence, tokens, { rows: tokens.length, hidden: kind, cancel, take });
        return { numbers: await numbersOf(sequence, request), drafted, hidden };
      } catch (error) {
        sequence.tokens.length = before;
        forgetRows(sequence);
        throw error;
      }
    },
    row,
  };
}

/** Whether a position's logits were numbers, going by its `proofRows`: what is none shows in the sum, or as a highest one that is none. */
export function isSound(highest: number, sum: number): boolean {
  return Number.isFinite(highest) && highest > lowest && !Number.isNaN(sum);
}
