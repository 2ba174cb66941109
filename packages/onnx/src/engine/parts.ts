/** Long work of a session in parts, between which other sessions have their turns. */
/** Some of the tokens to append, up to the one at `end`, and how many of their rows to return. */
export interface Part {
  readonly end: number;
  readonly rows: number;
  /** What its turn costs besides its tokens, in tokens. */
  readonly more?: number | undefined;
}

/** The part that begins with the token at `at`, of which at most `longest` tokens have no rows. */
export type Cut = (at: number, longest: number) => Part;

/** Cuts tokens of which the last `rows` are to have rows; in a part, `most` rows may be together. */
export function cutOf(tokens: number, rows: number, most: number): Cut {
  return (at, longest) => {
    const without = tokens - rows - at;
    if (without > longest) return { end: at + longest, rows: 0 };
    const end = Math.min(tokens, Math.max(0, without) + at + most);
    return { end, rows: Math.min(rows, end - (tokens - rows), end - at) };
  };
}

/** The arrays as one. */
export function joined(parts: readonly Float32Array<ArrayBuffer>[]): Float32Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0] as Float32Array<ArrayBuffer>;
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
