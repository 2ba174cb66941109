/**
 * The rules of a JSON grammar as one network of nodes. Numbers and words are steps of bytes; strings, objects and
 * arrays are calls of rules, which open a level.
 */
import type { TextRule } from "../texts/text-rule.ts";

export interface Network {
  readonly nodes: readonly Node[];
  readonly rules: readonly Rule[];
  /** Where the text begins. */
  readonly root: number;
}

export interface Node {
  readonly steps: readonly Step[];
  /** Whether white space may stand here. */
  readonly gap: boolean;
  /** Whether the whole text may end here. */
  readonly ends: boolean;
  /** The container that the node is in; undefined outside all. */
  readonly inside: number | undefined;
}

export type Step =
  | { readonly kind: "empty"; readonly to: number }
  | {
      readonly kind: "bytes";
      /** Both ends belong to the range. */
      readonly first: number;
      readonly last: number;
      readonly to: number;
      /** Legal only after fewer parts. */
      readonly below?: number | undefined;
      /** Whether it counts as a part. */
      readonly counts?: boolean | undefined;
    }
  /** A string, object or array. */
  | { readonly kind: "call"; readonly rule: number; readonly to: number }
  /** The end of the container. */
  | {
      readonly kind: "close";
      readonly byte: number;
      readonly rule: number;
      /** Legal only after this many parts. */
      readonly atLeast?: number | undefined;
    };

export type Rule =
  | { readonly kind: "text"; readonly text: TextRule }
  | {
      readonly kind: "container";
      readonly opens: number;
      readonly start: number;
      /** Counts of parts at which what may follow changes. */
      readonly thresholds: readonly number[];
    };
