/** Words that lead to a part, as a tree of bytes. */
export interface WordTree {
  readonly next: ReadonlyMap<number, WordTree>;
  /** The part that follows the word that ends here. */
  readonly to: number | undefined;
  /** The longest beginning of a word that this one ends with, and is not itself. Undefined at the root. */
  readonly shorter: WordTree | undefined;
  /** Tells the nodes of a tree apart. */
  readonly id: number;
}

interface Growing extends WordTree {
  readonly next: Map<number, Growing>;
  to: number | undefined;
  shorter: Growing | undefined;
}

/** The tree of words, each as a string with a character per byte. Of two equal words, the first one counts. */
export function wordTree(words: readonly { readonly bytes: string; readonly to: number }[]): WordTree {
  let size = 0;
  const node = (): Growing => ({ next: new Map(), to: undefined, shorter: undefined, id: size++ });
  const root = node();
  for (const { bytes, to } of words) {
    let at = root;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes.charCodeAt(index);
      let next = at.next.get(byte);
      if (next === undefined) at.next.set(byte, (next = node()));
      at = next;
    }
    at.to ??= to;
  }
  // The links of Aho and Corasick (1975), from the shorter beginnings to the longer ones.
  const all: Growing[] = [root];
  for (const at of all) {
    for (const [byte, next] of at.next) {
      next.shorter = at === root ? root : (follow(at.shorter as Growing, byte) as Growing);
      all.push(next);
    }
  }
  return root;
}

/** The longest beginning of a word with which the text ends after another byte. */
export function follow(tree: WordTree, byte: number): WordTree {
  for (let at: WordTree | undefined = tree; at !== undefined; at = at.shorter) {
    const next = at.next.get(byte);
    if (next !== undefined) return next;
    if (at.shorter === undefined) return at;
  }
  return tree;
}
