import { blockFeeds } from "./block-feeds.ts";
import type { CacheFamily } from "./cache.ts";
import { tensorOf, zeros } from "./cells.ts";
import type { UntriedGraph } from "./graph.ts";

/**
 * Finds the family by what the graph does, since operators do not tell: several of them concatenate, inside functions and fused nodes too. Two
 * tokens run with two rows of past of which the mask counts none: a graph that goes by the mask returns two rows, one that concatenates returns
 * four or fails. What fails for another reason is run as concat, which GroupQueryAttention accepts as well; the self-check has the last word.
 */
export async function findFamily(graph: UntriedGraph): Promise<CacheFamily> {
  if (graph.split) return "split";
  const { runtime, groups, headSize, precision } = graph;
  const feeds = blockFeeds(graph, [0, 0], 0, 2);
  for (const { name } of graph.inputs) {
    if (name in feeds) continue;
    feeds[name] = tensorOf(runtime, zeros(precision, groups * 2 * headSize), [1, groups, 2, headSize]);
  }
  const results = await graph.session.run(feeds, ["present.0.key"]).catch(() => undefined);
  if (results?.["present.0.key"]?.dims[2] !== 2) return "concat";
  return graph.newRows ? "new-rows" : "in-place";
}
