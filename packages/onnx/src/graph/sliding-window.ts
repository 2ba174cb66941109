import type { OnnxScan } from "../onnx-file/scan.ts";

/**
 * The minimum rows of every cache, for attention that keeps only a window of rows (`sliding_window_cache`, as written
 * by onnxruntime-genai's builder). With room for the whole text nothing is ever dropped, and rewinding is free.
 * Undefined when no cache slides.
 */
export function slidingWindow({ nodes }: OnnxScan): number | undefined {
  const sliding = nodes.filter(({ integers }) => integers["sliding_window_cache"] === 1);
  // Negative sizes mean no window; they are read as huge numbers.
  const windows = sliding.map(({ integers }) => integers["local_window_size"] ?? 0).filter((size) => size < 2 ** 31);
  return windows.length === 0 ? undefined : Math.max(...windows);
}

/** The remedy for a sliding cache that cannot be run, as a sentence. */
export const slidingRemedy =
  "Build the model again with --extra_options windowed_kv_cache=false, which keeps whole caches and attends to the same window.";
