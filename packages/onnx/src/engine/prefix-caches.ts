/**
 * The caches of closed sessions that one worker keeps for prompts that begin alike: which they are and which go when
 * they are too many.
 */
import type { Token } from "@lenity/core";
import { commonPrefix } from "@lenity/core/internal";

/** A cache that no session uses. */
export interface PrefixCache {
  /** The session that filled it: its name in the worker. */
  readonly session: number;
  /** Whose prompts may go on from it. */
  readonly scope?: string | undefined;
  /** What its rows belong to. */
  readonly tokens: readonly Token[];
  readonly bytes: number;
}

/** A kept cache whose first `length` rows are those of a prompt. */
export interface Match {
  readonly cache: PrefixCache;
  readonly length: number;
}

/** A worker's kept caches, at most a number of bytes in all. */
export interface PrefixCaches {
  readonly bytes: number;
  /** The cache of the scope that shares most with the prompt, leaving at least its last token to be run. */
  match(prompt: readonly Token[], scope?: string): Match | undefined;
  /** Marks it as the one used last. */
  touch(cache: PrefixCache): void;
  /** Hands it over to a session. */
  remove(cache: PrefixCache): void;
  /** Keeps a cache. Returns those to be freed for it, itself among them when it is not worth its bytes. */
  add(cache: PrefixCache): readonly PrefixCache[];
}

/** Shorter prefixes are run as fast as found: prompts of one template share so many tokens by chance. */
export const shortestPrefix = 16;

/** Keeps up to `most` bytes, and of what a scope knows twice one copy. */
export function prefixCaches(most: number): PrefixCaches {
  /** The one used last is the last. */
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
      const alike = kept.filter(({ scope }) => scope === cache.scope);
      const wider = alike.find(({ tokens }) => commonPrefix(tokens, cache.tokens) === cache.tokens.length);
      if (wider !== undefined) {
        touch(wider);
        return [cache];
      }
      const freed = alike.filter(({ tokens }) => commonPrefix(tokens, cache.tokens) === tokens.length);
      for (const narrower of freed) remove(narrower);
      kept.push(cache);
      while (total() > most) freed.push(kept.shift() as PrefixCache);
      return freed;
    },
  };
}
