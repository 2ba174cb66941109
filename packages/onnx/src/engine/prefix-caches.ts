/**
 * The caches of closed sessions that a worker keeps for later prompts with the same beginning, and which are dropped
 * when there are too many.
 */
import type { Token } from "@lenity/core";
import { commonPrefix } from "@lenity/core/internal";

/** A cache that is not in use by a session. */
export interface PrefixCache {
  /** The session that filled it; identifies the cache in the worker. */
  readonly session: number;
  /** Only prompts of the same scope may reuse it. */
  readonly scope?: string | undefined;
  /** The tokens of its rows. */
  readonly tokens: readonly Token[];
  readonly bytes: number;
}

/** A kept cache whose first `length` rows match a prompt. */
export interface Match {
  readonly cache: PrefixCache;
  readonly length: number;
}

/** A worker's kept caches, with a limit on their total bytes. */
export interface PrefixCaches {
  readonly bytes: number;
  /**
   * The cache of that scope that shares the longest prefix with the prompt. At least the prompt's last token is left to
   * run.
   */
  match(prompt: readonly Token[], scope?: string): Match | undefined;
  /** Marks it as the most recently used. */
  touch(cache: PrefixCache): void;
  /** Removes it, to be used by a session. */
  remove(cache: PrefixCache): void;
  /** Keeps a cache. Returns the caches to free in exchange, or the cache itself when it is not worth keeping. */
  add(cache: PrefixCache): readonly PrefixCache[];
}

/** Shorter prefixes are not worth reusing: prompts from the same template share about this many tokens anyway. */
export const shortestPrefix = 16;

/** Keeps up to `most` bytes, and only the longer of two caches of a scope when one is a prefix of the other. */
export function prefixCaches(most: number): PrefixCaches {
  /** Least recently used first. */
  let kept: PrefixCache[] = [];
  const total = () => kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const remove = (cache: PrefixCache) => {
    kept = kept.filter((one) => one !== cache);
  };
  const touch = (cache: PrefixCache) => {
    remove(cache);
    kept.push(cache);
  };
  return {
    get bytes() {
      return total();
    },
    match(prompt, scope) {
      let best: Match | undefined;
      for (const cache of kept) {
        if (cache.scope !== scope) continue;
        const length = Math.min(commonPrefix(cache.tokens, prompt), prompt.length - 1);
        if (length >= Math.max(shortestPrefix, best?.length ?? 0)) best = { cache, length };
      }
      return best;
    },
    touch,
    remove,
    add(cache) {
      if (cache.bytes > most || cache.tokens.length < shortestPrefix) return [cache];
      const sameScope = kept.filter(({ scope }) => scope === cache.scope);
      const wider = sameScope.find(({ tokens }) => commonPrefix(tokens, cache.tokens) === cache.tokens.length);
      if (wider !== undefined) {
        touch(wider);
        return [cache];
      }
      const freed = sameScope.filter(({ tokens }) => commonPrefix(tokens, cache.tokens) === tokens.length);
      for (const narrower of freed) remove(narrower);
      kept.push(cache);
      while (total() > most) freed.push(kept.shift() as PrefixCache);
      return freed;
    },
  };
}
