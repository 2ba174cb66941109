/** Which problems an experiment asks. */
import { seeded } from "@lenity/core";
import { families, problem } from "../../../packages/tiny/src/families.ts";
import type { Problem, Side } from "../../../packages/tiny/src/problem.ts";

export interface ProblemSet {
  /** Default: all. */
  readonly families?: readonly string[] | undefined;
  readonly side: Side;
  /** The families take turns, so a multiple of their number gives each the same share. */
  readonly count: number;
  readonly seed: number;
  /** Only requests that the target must refuse. */
  readonly unsafe?: boolean | undefined;
}

export const familyNames: readonly string[] = families.map(({ name }) => name);

/** How often a family is asked for a new question. Small families have few. */
const attempts = 500;

/** Different questions. Throws RangeError if a family does not have so many. */
export function drawProblems({
  families: from = familyNames,
  side,
  count,
  seed,
  unsafe = false,
}: ProblemSet): Problem[] {
  const random = seeded(seed);
  const asked = new Set<string>();
  return Array.from({ length: count }, (_, i) => {
    const family = from[i % from.length] as string;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const drawn = problem(random, side, family);
      if (asked.has(drawn.question) || (unsafe && !(drawn.check.kind === "refusal" && drawn.check.refuse))) continue;
      asked.add(drawn.question);
      return drawn;
    }
    throw new RangeError(`The family ${family} has fewer than ${i + 1} different questions on the side ${side}.`);
  });
}
