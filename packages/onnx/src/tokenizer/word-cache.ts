/** The tokens of words encoded earlier, with the interface of the tokenizers package's own cache. */
export interface WordCache {
  get(word: string): readonly string[] | undefined;
  put(word: string, tokens: readonly string[]): void;
}

/**
 * A cache of up to `most` words that is emptied when it is full. The package's own cache moves each word to the end of
 * a Map when it is used. JavaScript engines then search through all moved entries, so that encoding takes twenty times
 * as long once that cache is full.
 */
export function wordCache(most = 10_000): WordCache {
  const words = new Map<string, readonly string[]>();
  return {
    get: (word) => words.get(word),
    put(word, tokens) {
      if (words.size >= most) words.clear();
      words.set(word, tokens);
    },
  };
}
