/** The sizes of a cache, for files that declare them by name instead of by number. */

import { LenityError } from "@lenity/core";
import { blockFeeds } from "../graph/block-feeds.ts";
import type { CachePorts } from "../graph/cache-ports.ts";
import type { CacheShape } from "../graph/cache-shape.ts";
import { cacheTensors } from "../graph/cache-tensors.ts";
import { tensorOf, zeros } from "../graph/float-tensors.ts";
import type { UntriedGraph } from "../graph/graph.ts";
import type { SizeHints } from "../graph/size-hints.ts";
import type { OnnxScan } from "../onnx-file/scan.ts";

/** The largest sizes tried when no hint is right; they cover all usual ones and more. */
const [mostGroups, mostHeadSize] = [128, 512];

/**
 * Finds the sizes. Those that the file does not declare are found by running it on empty caches of likely sizes: from
 * the folder's configuration, from the attributes and tables of its attention, and then all sizes up to the largest
 * usual ones. Once it runs, the returned caches have the true sizes. A run with a wrong size fails in the first layer.
 * Throws `model_files` when no size runs.
 */
export async function findSizes(
  graph: Omit<UntriedGraph, "groups" | "headSize">,
  { groups, headSize }: Pick<CachePorts, "groups" | "headSize">,
  hints: SizeHints,
  scan: OnnxScan,
): Promise<Pick<CacheShape, "groups" | "headSize">> {
  if (groups !== undefined && headSize !== undefined) return { groups, headSize };
  const own = hintsOf(scan);
  const likely = {
    groups: groups === undefined ? [...own.groups, ...hints.groups] : [groups],
    headSizes: headSize === undefined ? [...hints.headSizes, ...own.headSizes] : [headSize],
  };
  const every = {
    groups: likely.groups.length > 0 ? likely.groups : upTo(mostGroups, 1),
    // Multiples of 8 first: nearly all are.
    headSizes: headSize === undefined ? [...upTo(mostHeadSize, 8), ...upTo(mostHeadSize, 2)] : [headSize],
  };
  const tried = new Set<string>();
  for (const { groups, headSizes } of [likely, every]) {
    for (const size of headSizes) {
      for (const heads of groups) {
        if (tried.has(`${heads}×${size}`)) continue;
        tried.add(`${heads}×${size}`);
        const found = await trySizes({ ...graph, groups: heads, headSize: size });
        if (found !== undefined) return found;
      }
    }
  }
  throw new LenityError(
    "model_files",
    `${scan.file} declares the heads or the head size of its caches by name instead of by number, and none of the sizes tried worked. Put the model's own config.json (num_key_value_heads, head_dim) or genai_config.json beside it.`,
  );
}

/** The sizes of the caches that a run returns; undefined when the run fails. */
async function trySizes(graph: UntriedGraph): Promise<Pick<CacheShape, "groups" | "headSize"> | undefined> {
  const { runtime, headSize, precision, leastRows = 0 } = graph;
  const { names, groups, shape, axis } = cacheTensors(graph);
  const feeds = blockFeeds(graph, [0], 0, 1);
  for (const { past } of names)
    feeds[past] = tensorOf(runtime, zeros(precision, groups * leastRows * headSize), shape(leastRows));
  const output = names[0]?.present as string;
  const dims = (await graph.session.run(feeds, [output]).catch(() => undefined))?.[output]?.dims;
  const [heads, size] = [dims?.[axis - 1], dims?.[axis + 1]];
  return heads === undefined || size === undefined ? undefined : { groups: heads, headSize: size };
}

/**
 * Hints in the file itself: the attributes of GroupQueryAttention, and its position table, which usually has half a
 * head's numbers.
 */
function hintsOf({ nodes, initializers }: OnnxScan): SizeHints {
  const attention = nodes.find(({ operator }) => operator === "GroupQueryAttention");
  const groups = attention?.integers["kv_num_heads"];
  const half = initializers.get(attention?.inputs[7] ?? "")?.dims[1];
  return { groups: groups === undefined ? [] : [groups], headSizes: half === undefined ? [] : [2 * half] };
}

const upTo = (most: number, step: number): number[] => Array.from({ length: most / step }, (_, i) => (i + 1) * step);
