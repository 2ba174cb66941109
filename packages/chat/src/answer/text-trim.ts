/** Passes text on and holds back white space, of which what follows decides whether it belongs to the text. */
export interface TextTrim {
  push(piece: string): string;
  /** The end: with the white space before it, or without. */
  end(keep: boolean): string;
}

/** With the white space at the beginning, or without it. */
export function textTrim(keepFirst: boolean): TextTrim {
  let [blank, empty] = ["", true];
  return {
    push(piece) {
      const solid = (blank + piece).trimEnd();
      const all = blank + piece;
      blank = all.slice(solid.length);
      if (solid === "") return "";
      const text = empty && !keepFirst ? solid.trimStart() : solid;
      empty = false;
      return text;
    },
    end: (keep) => (keep && !(empty && !keepFirst) ? blank : ""),
  };
}
