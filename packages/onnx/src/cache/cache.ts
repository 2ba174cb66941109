/** The keys and values of one sequence, kept as its graph takes them. */
import type { Tensor } from "onnxruntime-node";

/**
 * One sequence's cache. Every run says where its block begins: rows from there on are dropped, even if the run fails.
 */
export interface Cache {
  /**
   * What a run over the positions from `start` to before `end` is given and fetches besides its block. A promise where
   * rows are dropped on a device.
   */
  prepare(start: number, end: number): Prepared | Promise<Prepared>;
  /**
   * Takes the rows from the results of that run; the last `pad` (default: none) are not needed. Throws `model_files`
   * when they have another shape than they should.
   */
  keep(results: Readonly<Record<string, Tensor>>, start: number, end: number, pad?: number): void;
  /** What its rows take, spare room included. */
  readonly bytes: number;
  /** A cache of its own with the first `length` rows, or as many as there are. */
  copy(length: number): Cache;
  /** Frees what garbage collection does not see, such as a device's memory. The cache is not used again. */
  dispose?(): void;
}

/** Feeds and fetches of a run that belong to its cache. */
export interface Prepared {
  readonly feeds: Record<string, Tensor>;
  readonly fetches: Record<string, Tensor | null>;
}
