import { blockFeeds } from "./block-feeds.ts";
import type { CacheFamily } from "./cache-shape.ts";
import { cacheTensors } from "./cache-tensors.ts";
import { tensorOf, zeros } from "./float-tensors.ts";
import type { UntriedGraph } from "./graph.ts";

/**
 * Finds the family by running the graph, since its operators do not show it: several of them concatenate, also inside
 * functions and fused nodes. Runs two tokens with two rows of past (or as many as its window needs), all masked out. A
 * graph that follows the mask returns as many rows; one that concatenates returns two more, or fails. Graphs that fail
 * for other reasons are run as concat, which GroupQueryAttention accepts too; the self-check decides in the end.
 */
export async function findFamily(graph: UntriedGraph): Promise<CacheFamily> {
  if (graph.split) return "split";
  const { runtime, headSize, precision, leastRows = 0 } = graph;
  const { names, groups, shape, axis } = cacheTensors(graph);
  const rows = Math.max(2, leastRows);
  const feeds = blockFeeds(graph, [0, 0], 0, 2);
  for (const { past } of names)
    feeds[past] = tensorOf(runtime, zeros(precision, groups * rows * headSize), shape(rows));
  const output = names[0]?.present as string;
  const results = await graph.session.run(feeds, [output]).catch(() => undefined);
  if (results?.[output]?.dims[axis] !== rows) return "concat";
  return graph.newRows ? "new-rows" : "in-place";
}
