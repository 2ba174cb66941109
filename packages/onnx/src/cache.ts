/** Key and value buffers of one sequence, as GroupQueryAttention wants them: [1, groups, capacity, head size] per layer and part. */
export interface Cache {
  readonly capacity: number;
  /** One per layer and part: key 0, value 0, key 1, … */
  readonly buffers: readonly Float32Array[];
}

interface CacheShape {
  readonly layers: number;
  readonly groups: number;
  readonly headSize: number;
}

/** GroupQueryAttention pays for the whole buffer at each step, so buffers stay near what is used. */
const bucket = 128;

/** A cache with room for `length` positions: the same one when it has, else a larger one with its first `used` rows. */
export function withRoom(cache: Cache | undefined, length: number, used: number, graph: CacheShape, most: number): Cache {
  if (cache !== undefined && cache.capacity >= length) return cache;
  const { layers, groups, headSize } = graph;
  const capacity = Math.min(Math.ceil(length / bucket) * bucket, most);
  const buffers = Array.from({ length: 2 * layers }, (_, index) => {
    const buffer = new Float32Array(groups * capacity * headSize);
    const old = cache?.buffers[index];
    if (cache === undefined || old === undefined) return buffer;
    for (let group = 0; group < groups; group++) {
      const start = group * cache.capacity * headSize;
      buffer.set(old.subarray(start, start + used * headSize), group * capacity * headSize);
    }
    return buffer;
  });
  return { capacity, buffers };
}

/** Writes the rows [2·layers, groups, length, head size] of a block that begins at position `start`. */
export function writeRows(cache: Cache, rows: Float32Array, start: number, { groups, headSize }: CacheShape): void {
  const block = rows.length / (cache.buffers.length * groups);
  let at = 0;
  for (const buffer of cache.buffers) {
    for (let group = 0; group < groups; group++) {
      buffer.set(rows.subarray(at, at + block), (group * cache.capacity + start) * headSize);
      at += block;
    }
  }
}
