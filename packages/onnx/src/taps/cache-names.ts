import { isCache, isTail } from "../graph/cache-ports.ts";
import { type CacheTensors, cacheTensors } from "../graph/cache-tensors.ts";
import type { OnnxScan } from "../onnx-file/scan.ts";

/** The caches of a file that has not been opened yet. */
export interface CacheNames extends Pick<CacheTensors, "names" | "axis"> {
  readonly layers: number;
}

/** Finds the caches by the names of the inputs. */
export function cacheNames({ inputs }: OnnxScan): CacheNames {
  const combined = inputs.includes("past_0");
  const caches = inputs.filter((name) => isCache(name) && !isTail(name)).length;
  const layers = combined ? caches : Math.ceil(caches / 2);
  return { layers, ...cacheTensors({ layers, groups: 1, headSize: 1, combined }) };
}
