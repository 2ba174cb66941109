import type { Automaton } from "../characters/automaton.ts";
import type { TextRule } from "../texts/text-rule.ts";
import type { Place } from "./place.ts";

/** A kind of value that a schema allows. What a schema allows is any of its atoms; equal ones are the same object. */
export type Atom =
  /** `true`, `false`, `null`, or one number. */
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "number"; readonly automaton: Automaton }
  | { readonly kind: "string"; readonly rule: Omit<TextRule, "id"> }
  | { readonly kind: "object"; readonly shape: ObjectShape }
  | { readonly kind: "array"; readonly shape: ArrayShape | TupleShape };

export interface ObjectShape {
  /** In the order in which they are written. */
  readonly properties: readonly Property[];
  /** The values of other properties, which come last; undefined if there may be none. */
  readonly others: Place | undefined;
}

export interface Property {
  readonly name: string;
  readonly value: Place;
  readonly required: boolean;
}

export interface ArrayShape {
  readonly items: Place;
  readonly least: number;
  readonly most: number;
}

/** An array with a schema for each of its items. */
export interface TupleShape {
  readonly values: readonly Place[];
}
