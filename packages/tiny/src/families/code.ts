import { goods, names } from "../lexicon.ts";
import type { Family } from "../problem.ts";
import { collect, count, extreme, pipeline, sum } from "./code/lists.ts";
import { number, repeated, time } from "./code/numbers.ts";
import { people, totals } from "./code/objects.ts";
import { letters, line, shape } from "./code/text.ts";
import { vocabulary, words } from "./code/words.ts";
import { nouns } from "./nouns.ts";

/** The words that answers spell or list, except for those that are also names of methods in the code. */
const spelled = [...new Set([...vocabulary, ...nouns])].filter((word) => word !== "map" && word !== "floor");

/** Small JavaScript functions: reasoning, an example by hand, and the code. */
export const code: Family = {
  name: "code",
  stories: [
    sum,
    count,
    extreme,
    collect,
    pipeline,
    words,
    letters,
    shape,
    line,
    number,
    repeated,
    time,
    people,
    totals,
  ],
  kinds: [names, spelled, goods.map((good) => `${good}s`)],
};
