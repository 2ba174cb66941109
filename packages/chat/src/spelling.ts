/** Regular expressions that find any text in a list. They read the input once, however long the list is. */

/** A node of a trie: the letters that may follow, and whether a text of the list ends here. */
interface Branch {
  readonly next: Map<string, Branch>;
  end: boolean;
}

/** Matches a text in the list: the longest if several start the same way. */
export function spelled(texts: readonly string[]): RegExp {
  return new RegExp(rest(branchesOf(texts)), "gu");
}

/** Matches the first letter of every text in the list, including overlapping ones. */
export function firstLetters(texts: readonly string[]): RegExp {
  const firsts = Array.from(branchesOf(texts).next, ([letter, branch]) => `${literal(letter)}(?=${rest(branch)})`);
  return new RegExp(firsts.join("|"), "gu");
}

function branchesOf(texts: readonly string[]): Branch {
  const root: Branch = { next: new Map(), end: false };
  for (const text of texts) {
    let branch = root;
    for (const letter of text) {
      let next = branch.next.get(letter);
      if (next === undefined) branch.next.set(letter, (next = { next: new Map(), end: false }));
      branch = next;
    }
    branch.end = true;
  }
  return root;
}

/** The pattern of what may follow a branch. */
function rest({ next, end }: Branch): string {
  if (next.size === 0) return "";
  const ways = Array.from(next, ([letter, branch]) => literal(letter) + rest(branch));
  return `(?:${ways.join("|")})${end ? "?" : ""}`;
}

const literal = (letter: string): string => letter.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");

/** A private-use character that is in none of the texts; undefined if they use all of them. */
export function unusedCharacter(texts: readonly string[]): string | undefined {
  const [first, last] = [0xe000, 0xf8ff];
  const used = new Uint8Array(last - first + 1);
  for (const text of texts) {
    // Few texts contain any, and this check is much faster.
    if (!/[\ue000-\uf8ff]/.test(text)) continue;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= first && code <= last) used[code - first] = 1;
    }
  }
  const free = used.indexOf(0);
  return free < 0 ? undefined : String.fromCharCode(first + free);
}
