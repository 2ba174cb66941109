import { openCache } from "../cache/open-cache.ts";
import { probeTokens } from "../checks/probe-tokens.ts";
import { blockFeeds } from "../graph/block-feeds.ts";
import type { CachedGraph } from "../graph/graph.ts";

/**
 * Whether the graph scores only the last position of a block, as written by onnxruntime-genai's builder with
 * prune_lm_head. Found by running two tokens. Errors are ignored here; the self-check reports them.
 */
export async function scoresLastOnly(
  graph: CachedGraph,
  { width, contextLength }: { readonly width: number; readonly contextLength: number },
): Promise<boolean> {
  const { feeds } = await openCache(graph, contextLength).prepare(0, 2);
  const results = await graph.session
    .run({ ...feeds, ...blockFeeds(graph, probeTokens(2, width), 0, 2) }, ["logits"])
    .catch(() => undefined);
  return results?.["logits"]?.dims[1] === 1;
}
