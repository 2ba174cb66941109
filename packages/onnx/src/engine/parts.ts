/** Long work of a session in parts, between which other sessions have their turns. */
import { chunk } from "../protocol/chunk.ts";

/** Some of the tokens to append, up to the one at `end`, and how many of their rows to return. */
export interface Part {
  readonly end: number;
  readonly rows: number;
  /** What its turn costs besides its tokens, in tokens. */
  readonly more?: number | undefined;
}

/**
 * Cuts tokens of which the last `rows` are to have rows into parts of at most `chunk` tokens; in the last part, `most`
 * rows may be together.
 */
export function partsOf(tokens: number, rows: number, most: number): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < tokens; ) {
    const without = tokens - rows - at;
    const end = without > chunk ? at + chunk : Math.min(tokens, Math.max(0, without) + at + most);
    parts.push({ end, rows: without > chunk ? 0 : Math.min(rows, end - (tokens - rows), end - at) });
    at = end;
  }
  return parts;
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
