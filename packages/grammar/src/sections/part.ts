import type { Frame } from "../machine/frame.ts";

/**
 * A part of a text that consists of sections, such as reasoning, free text and calls. Parts name each other by number;
 * the text begins with the first one.
 */
export type Part =
  /** Any text, until one of the words. */
  | {
      readonly kind: "free";
      /** Words that end it wherever they stand. */
      readonly marks: readonly Word[];
      /** Words that end it if it begins with them, with or without white space before. */
      readonly first: readonly Word[];
      /** Whether the whole text may end here. */
      readonly ends: boolean;
    }
  /** One of these words. None is the beginning of another one. */
  | { readonly kind: "words"; readonly words: readonly Word[]; readonly ends: boolean }
  /** A value of JSON. */
  | { readonly kind: "json"; readonly start: Frame; readonly to: number }
  /** One of these parts, which begin with different bytes. */
  | {
      readonly kind: "either";
      readonly parts: readonly number[];
      /** Whether white space may come before. */
      readonly gap: boolean;
    };

/** A text that leads to another part. */
export interface Word {
  readonly text: string;
  readonly to: number;
}
