/** Questions about a text: the answer quotes the sentences that matter and concludes. */
import { animals, colors, days, goods, names, places } from "../lexicon.ts";
import type { Family } from "../problem.ts";
import { gifts, givers, lessons, lost, party, supplies, timetable } from "./reading/facts.ts";
import { ages, farm, feeds, owners, pets, stops, trip } from "./reading/joined.ts";

/** What color, who, where, when, how many, in what order, which of two is older: eight kinds of texts. */
export const reading: Family = {
  name: "reading",
  stories: [gifts, lost, timetable, party, owners, farm, ages, trip],
  kinds: [names, colors, goods, givers, places, days, lessons, supplies, animals, pets, feeds, stops],
};
