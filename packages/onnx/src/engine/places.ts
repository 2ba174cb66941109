import { bytesPerToken, type CacheShape } from "../graph/cache-shape.ts";

/** More sessions than this only wait longer for each other. */
const most = 64;

/** How many sessions an engine may have open: those whose caches have room for a whole context in `bytes`, 1 to 64. */
export function placesOf(cache: CacheShape, contextLength: number, bytes: number): number {
  return Math.max(1, Math.min(most, Math.floor(bytes / (bytesPerToken(cache) * contextLength))));
}
