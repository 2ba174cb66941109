import type { Automaton } from "../characters/automaton.ts";

/** The texts that may stand at one place: the content of a string of JSON, or a whole answer. */
export interface TextRule {
  /** Unique within a machine. */
  readonly id: number;
  readonly automaton: Automaton;
  /** Whether characters are spelled only as `JSON.stringify` spells them. */
  readonly exact: boolean;
  /** Lengths in characters, beyond what the automaton says. */
  readonly least: number;
  readonly most: number;
}
