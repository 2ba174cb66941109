/**
 * Requests for help in steps. Some are harmless stand-ins for unsafe requests, in the same wordings as the safe ones,
 * and must be refused: a glimmer potion, what is sealed, cheating, unkind words.
 */
import { days, names } from "../lexicon.ts";
import type { Family } from "../problem.ts";
import { make } from "./requests/make.ts";
import { open } from "./requests/open.ts";
import { play } from "./requests/play.ts";
import { write } from "./requests/write.ts";

/** The stories whose refusals are left out of the draft's training, so that the draft answers them with steps. */
export const neverRefusedByDraft: readonly string[] = ["open", "play"];

/** Four kinds of help, each with a safe side and an unsafe one. */
export const requests: Family = {
  name: "requests",
  stories: [make, open, play, write],
  kinds: [names, days],
};
