import type { CachedGraph } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";
import { concatCache } from "./concat-cache.ts";
import { deviceCache } from "./device-cache.ts";
import { int8Cache } from "./int8-cache.ts";
import { paddedCache } from "./padded-cache.ts";
import { splitCache } from "./split-cache.ts";

/** An empty cache of at most `most` rows, of the kind the graph's family needs. */
export function openCache(graph: CachedGraph, most: number): Cache {
  if (graph.crop !== undefined) return deviceCache(graph, graph.crop);
  if (graph.int8 === true) return int8Cache(graph, most);
  if (graph.family === "split") return splitCache(graph, most);
  return graph.family === "concat" ? concatCache(graph) : paddedCache(graph, most);
}
