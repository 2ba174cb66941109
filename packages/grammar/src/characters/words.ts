import type { Steps } from "../steps.ts";
import { alphabetOf } from "./alphabet.ts";
import type { Automaton } from "./automaton.ts";
import { complement } from "./code-points.ts";

/** The automaton of these words, at least one. */
export const wordsAutomaton = (words: Iterable<string>): Steps<Automaton> => tree(words, false);

/** The automaton of all texts but these words. */
export const allButWords = (words: Iterable<string>): Steps<Automaton> => tree(words, true);

/** Words or states between two pauses. */
const pace = 64;

/** A state for each beginning of words, and, if the words are the exceptions, one for all other texts. */
function* tree(words: Iterable<string>, exceptions: boolean): Steps<Automaton> {
  const all = [...words];
  const codes = [...new Set(all.join(""))].map((character) => character.codePointAt(0) as number);
  const sets = codes.map((code) => [[code, code] as const]);
  const rest = complement(sets.flat());
  const { alphabet, lettersOf } = alphabetOf(exceptions ? [...sets, rest] : sets);
  const letters = new Map(codes.map((code, at) => [code, lettersOf[at]?.[0] as number]));
  const state = () => ({ accepting: exceptions, next: new Map<number, number>() });
  const states = [state()];
  for (const [index, word] of all.entries()) {
    if (index % pace === 0) yield;
    let at = 0;
    for (const character of word) {
      const letter = letters.get(character.codePointAt(0) as number) as number;
      const { next } = states[at] as (typeof states)[number];
      if (!next.has(letter)) next.set(letter, states.push(state()) - 1);
      at = next.get(letter) as number;
    }
    (states[at] as (typeof states)[number]).accepting = !exceptions;
  }
  if (!exceptions) return { alphabet, states };
  const other = states.length;
  states.push(state());
  const every = [...letters.values(), ...(lettersOf[sets.length] as readonly number[])];
  for (const [index, { next }] of states.entries()) {
    for (const letter of every) if (!next.has(letter)) next.set(letter, other);
    if (index % pace === 0) yield;
  }
  return { alphabet, states };
}
