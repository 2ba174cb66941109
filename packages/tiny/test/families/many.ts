/** Problems to test a family with. */
import assert from "node:assert/strict";
import { seeded } from "@lenity/core";
import { drawProblem, type Family, firstError, type Problem, phrase, type Side } from "../../src/problem.ts";

export interface Drawn {
  readonly side: Side;
  readonly problem: Problem;
  /** One of the right answers. */
  readonly text: string;
}

/** `each` problems of every story on each side of the split. */
export function* drawMany(family: Family, seed: number, each = 100): Generator<Drawn> {
  const random = seeded(seed);
  for (const story of family.stories) {
    for (const side of ["train", "held-out", "reworded"] as const) {
      for (let i = 0; i < each; i++) {
        const problem = drawProblem({ ...family, stories: [story] }, random, side);
        yield { side, problem, text: phrase(problem.answer, random) };
      }
    }
  }
}

/** About 1.3 tokens a word, and a little less than one for each digit and mark. */
export const estimatedTokens = (text: string): number =>
  Math.round(text.split(/\s+/).length * 1.3 + (text.match(/\d|[^\w\s]/g)?.length ?? 0) * 0.8);

/** Texts without rests of a template; right answers to the last character; held-out wordings where they belong. */
export function assertWellFormed(family: Family, seed: number): void {
  const random = seeded(seed);
  const lasts = new Map(family.stories.map((story) => [story.name, Number(story.draw(random)?.wordings.length) - 1]));
  for (const { side, problem, text } of drawMany(family, seed)) {
    assert.doesNotMatch(
      `${problem.question}\n${text}\n${problem.complied ? phrase(problem.complied, random) : ""}`,
      /[{}|]|undefined|NaN|NAME|TEXT|ASK|GAME| {2}| \n| [.,!?]|\.\.|\b[Aa] [aeiou]|\b1 [a-z]+s\b/,
    );
    assert.equal(firstError(problem.answer, text), text.length);
    const [story, wording] = problem.template.split("/") as [string, string];
    assert.ok(
      Number(wording) >= 0 && (Number(wording) === lasts.get(story)) === (side === "reworded"),
      problem.template,
    );
  }
}
