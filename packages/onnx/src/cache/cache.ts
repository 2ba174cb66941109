/** The keys and values of one sequence, in the form that its graph takes. */
import type { Tensor } from "onnxruntime-node";

/**
 * One sequence's cache. Each run gives the position where its block starts; rows from there on are dropped, even if the
 * run fails.
 */
export interface Cache {
  /**
   * The cache's feeds and fetches for a run over the positions from `start` to before `end`. A promise when rows are
   * dropped on a device.
   */
  prepare(start: number, end: number): Prepared | Promise<Prepared>;
  /**
   * Keeps the rows from that run's results, except for the last `pad` (default: 0). Throws `model_files` when they have
   * the wrong shape.
   */
  keep(results: Readonly<Record<string, Tensor>>, start: number, end: number, pad?: number): void;
  /** Memory in use, spare room included. */
  readonly bytes: number;
  /** A copy with the first `length` rows, or as many as there are. */
  copy(length: number): Cache;
  /** Frees memory that is not garbage collected, such as a device's. The cache must not be used afterwards. */
  dispose?(): void;
}

/** The feeds and fetches of a run that belong to its cache. */
export interface Prepared {
  readonly feeds: Record<string, Tensor>;
  readonly fetches: Record<string, Tensor | null>;
}
