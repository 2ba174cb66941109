/** All families, and problems drawn from them. */
import { code } from "./families/code.ts";
import { lists } from "./families/lists.ts";
import { reading } from "./families/reading.ts";
import { requests } from "./families/requests.ts";
import { strings } from "./families/strings.ts";
import { talk } from "./families/talk.ts";
import { units } from "./families/units.ts";
import { words } from "./families/words.ts";
import { drawProblem, type Family, type Problem, type Random, type Side } from "./problem.ts";

/** The families and their shares of the training data. */
const shares: readonly (readonly [Family, number])[] = [
  [words, 0.21],
  [units, 0.14],
  [lists, 0.13],
  [strings, 0.13],
  [code, 0.13],
  [reading, 0.14],
  [requests, 0.08],
  [talk, 0.04],
];

export const families: readonly Family[] = shares.map(([family]) => family);

/** The sum of each family's share and those before it. */
const cumulative = shares.map((_, at) => shares.slice(0, at + 1).reduce((sum, [, share]) => sum + share, 0));

/** A random problem: of the family of this name, or else of any, in the shares of the training data. */
export function problem(random: Random, side: Side, family?: string): Problem {
  if (family !== undefined) return drawProblem(familyOf(family), random, side);
  const dice = random();
  const at = cumulative.findIndex((share) => dice < share);
  return drawProblem(families.at(at) as Family, random, side);
}

function familyOf(name: string): Family {
  const family = families.find((known) => known.name === name);
  if (family !== undefined) return family;
  throw new TypeError(
    `There is no family "${name}"; expected one of ${families.map((known) => known.name).join(", ")}.`,
  );
}
