import type { Cache } from "./cache.ts";
import { deviceCache } from "./device/device-cache.ts";
import { fixedCache } from "./fixed-cache.ts";
import type { CachedGraph } from "./graph.ts";
import { growingCache } from "./growing-cache.ts";
import { splitCache } from "./split-cache.ts";

/** An empty cache of at most `most` rows, as the graph's family wants it. */
export function openCache(graph: CachedGraph, most: number): Cache {
  if (graph.crop !== undefined) return deviceCache(graph, graph.crop);
  if (graph.family === "split") return splitCache(graph, most);
  return graph.family === "concat" ? growingCache(graph) : fixedCache(graph, most);
}
