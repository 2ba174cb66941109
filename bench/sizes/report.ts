import type { DeviceReport } from "@lenity/onnx";
import type { SizeKind } from "./exported-files.ts";
import type { Clock, Spread3 } from "./timer.ts";

/** Milliseconds of a run of `tokens` tokens that ends at `context`. */
export interface SizesCell extends Spread3 {
  readonly context: number;
  readonly tokens: number;
  /** Relative to a single step of the same file at the same context; undefined when none was measured. */
  readonly singles: number | undefined;
}

/** One exported file of one shape. */
export interface SizesRow {
  readonly shape: string;
  readonly kind: SizeKind;
  readonly family: string;
  /** Of the files. */
  readonly bytes: number;
  /** Milliseconds to load it, checks included. */
  readonly load: number;
  /** Growth of the process's memory from before loading to after it. */
  readonly memory: number;
  /** From the checks at loading: 0 where a block's logits are those of single steps, to the bit. */
  readonly blockDifference: number;
  /** Where it ran, and how far that is from the CPU; undefined on the CPU. */
  readonly device?: DeviceReport | undefined;
  readonly cells: SizesCell[];
}

export interface SizesReport {
  readonly processor: string;
  readonly cores: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly turns: number;
  readonly prompt: number;
  readonly rows: readonly SizesRow[];
}
