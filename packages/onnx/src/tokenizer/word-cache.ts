/** The tokens of words that were encoded before, as the tokenizers package keeps them: `get` and `put`. */
export interface WordCache {
  get(word: string): readonly string[] | undefined;
  put(word: string, tokens: readonly string[]): void;
}

/**
 * A cache of so many words that is emptied when it is full. The package's own one moves each word to the end of a Map
 * whenever it is used; engines pay for that with a search through all that was moved, so that once it is full a text
 * takes twenty times as long.
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
