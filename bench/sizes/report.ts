import type { DeviceReport } from "@lenity/onnx";
import type { Clock, Spread3 } from "./timer.ts";

/** Milliseconds of a run of `tokens` tokens that ends at `context`. */
export interface SizesCell extends Spread3 {
  readonly context: number;
  readonly tokens: number;
  /** Relative to a single step of the same file at the same context; undefined when none was measured. */
  readonly singles: number | undefined;
}

/** What runs a file. With draws, llama.cpp also draws a token from each row of logits. */
export type SizesProgram = "lenity" | "llama.cpp" | "llama.cpp with draws" | "transformers.js";

/** One file of one shape in one program. */
export interface SizesRow {
  readonly shape: string;
  readonly program: SizesProgram;
  /** How the weights are stored: a `SizeKind`, or llama.cpp's name of its own format. */
  readonly kind: string;
  /** lenity: of the graph. */
  readonly family?: string | undefined;
  /** Of the files. */
  readonly bytes: number;
  /** Milliseconds to load it, checks included. */
  readonly load: number;
  /** Growth of the process's memory from before loading to after it. */
  readonly memory: number;
  /** lenity, from the checks at loading: 0 where blocks of all lengths give the same logits, to the bit. */
  readonly blockDifference?: number | undefined;
  /** lenity: where it ran, and how far that is from the CPU; undefined on the CPU. */
  readonly device?: DeviceReport | undefined;
  readonly cells: readonly SizesCell[];
}

export interface SizesReport {
  readonly processor: string;
  readonly cores: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly turns: number;
  readonly prompt: number;
  /** The packages and versions of the other programs. */
  readonly peers: readonly string[];
  readonly rows: readonly SizesRow[];
}
