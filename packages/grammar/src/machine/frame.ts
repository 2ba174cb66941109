/**
 * What may follow at one level of a text. JSON opens a level with each quote or bracket and closes it with the other
 * one, so that a text's state is a stack of levels, and all readings of it have the same stack: a visibly pushdown
 * automaton (Alur and Madhusudan 2004), made deterministic level by level. Other texts have one level.
 */
export interface Frame {
  /**
   * What follows depends on how many parts of this level have been read (characters of a string, items of an array),
   * but only on how many of these numbers it has reached; ascending.
   */
  readonly thresholds: readonly number[];
  /** Whether the text may end here, when no level around this one is open. */
  readonly accepting: boolean;
  /** What the byte does after `count` parts; undefined if it is illegal. */
  find(byte: number, count: number): Move | undefined;
  /** The frame of this level after the level inside it has closed in one of these ways; undefined if that is illegal. */
  resume(closed: Closed): Frame | undefined;
  /** What `find` has said, by the number of reached thresholds, then by byte; null for illegal bytes. */
  readonly found: (Move | null | undefined)[][];
  /** What `resume` has said. */
  readonly resumed: Map<Closed, Frame | undefined>;
}

/** What a byte does. */
export type Move =
  /** Goes on at the same level. */
  | {
      readonly kind: "stay";
      readonly frame: Frame;
      /** Whether a part of the level has been read. */
      readonly counts: boolean;
      /** Whether it is white space between parts, which has a limit. */
      readonly space: boolean;
    }
  /** Opens a level inside this one. */
  | { readonly kind: "open"; readonly frame: Frame }
  /** Closes this level. */
  | { readonly kind: "close"; readonly closed: Closed };

/** The rules that a closed level has followed to their ends; interned. */
export interface Closed {
  readonly rules: ReadonlySet<number>;
}
