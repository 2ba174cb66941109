/**
 * Where a text goes on behind this beginning, which may have white space in other places; "more" if the text ends
 * first, "no" if it begins otherwise.
 */
export function match(beginning: string, text: string, from = 0): number | "more" | "no" {
  let at = from;
  for (const letter of beginning.replaceAll(/\s/g, "")) {
    while (at < text.length && text[at] !== letter && /\s/.test(text[at] as string)) at++;
    if (at >= text.length) return "more";
    if (text[at++] !== letter) return "no";
  }
  return at;
}

/** The length of the longest end of a text that is the beginning of one of these texts, but not all of it. */
export function begun(text: string, texts: readonly string[]): number {
  let longest = 0;
  for (const one of texts) {
    for (let length = Math.min(one.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(one.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** The first of these texts to occur in a text, and where. */
export function firstOf(
  texts: readonly string[],
  text: string,
): { readonly at: number; readonly found: string } | undefined {
  let first: { at: number; found: string } | undefined;
  for (const found of texts) {
    const at = text.indexOf(found);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, found };
  }
  return first;
}

/** Measures the JSON of an object as it arrives. */
export function objectScan(): (piece: string) => number | undefined {
  let [depth, inString, escaped] = [0, false, false];
  /** The length of the piece's beginning with which the object ends; undefined if it goes on. */
  return (piece) => {
    for (let at = 0; at < piece.length; at++) {
      const letter = piece[at];
      if (escaped) escaped = false;
      else if (inString) {
        if (letter === "\\") escaped = true;
        else if (letter === '"') inString = false;
      } else if (letter === '"') inString = true;
      else if (letter === "{" || letter === "[") depth++;
      else if ((letter === "}" || letter === "]") && --depth === 0) return at + 1;
    }
    return undefined;
  };
}
