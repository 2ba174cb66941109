import type { OnnxScan } from "../onnx-file/scan.ts";

/**
 * Rows that every cache must have room for, where attention keeps a window of them and drops what leaves it
 * (`sliding_window_cache`, as onnxruntime-genai's builder writes it). With room for the whole text nothing is ever
 * dropped, and rewinding is free. Undefined where no cache slides.
 */
export function slidingWindow({ nodes }: OnnxScan): number | undefined {
  const sliding = nodes.filter(({ integers }) => integers["sliding_window_cache"] === 1);
  // Negative sizes, which stand for no window, are read as huge ones.
  const windows = sliding.map(({ integers }) => integers["local_window_size"] ?? 0).filter((size) => size < 2 ** 31);
  return windows.length === 0 ? undefined : Math.max(...windows);
}

/** The remedy where a sliding cache cannot be run, as a sentence. */
export const slidingRemedy =
  "Build the model again with --extra_options windowed_kv_cache=false, which keeps whole caches and attends to the same window.";
