import assert from "node:assert/strict";
import { seeded } from "@lenity/core";
import {
  drawProblem,
  type Family,
  firstError,
  type Instance,
  phrase,
  readResult,
  type Side,
  type Story,
} from "../../src/problem.ts";

/** About how many tokens a text takes: 1.3 for a word, one for each digit and punctuation mark. */
export const tokens = (text: string): number =>
  1.3 * (text.match(/[A-Za-z]{2,}/g)?.length ?? 0) + (text.match(/[^A-Za-z\s]|\b[A-Za-z]\b/g)?.length ?? 0);

/** A drawn instance of the story. */
export function instance(story: Story, random: () => number): Instance {
  for (;;) {
    const drawn = story.draw(random);
    if (drawn !== undefined) return drawn;
  }
}

/** Checks what holds for the texts of every family, on `count` problems of each side. */
export function checkTexts(family: Family, count: number): void {
  const random = seeded(1);
  for (const side of ["train", "held-out", "reworded"] satisfies Side[]) {
    for (let i = 0; i < count; i++) {
      const { question, answer, check } = drawProblem(family, random, side);
      const text = phrase(answer, random);
      assert.equal(firstError(answer, text), text.length);
      assert.doesNotMatch(question + text, /[{}|]|undefined|NaN| {2}|\bin in\b/);
      assert.match(question, /^[A-Z].*[.?]$|: [^:]*[a-z\d]\.?$/);
      assert.equal(check.kind === "result" && check.result, readResult(text));
      assert.ok(tokens(text) >= 60 && tokens(text) <= 220, `${tokens(text)} tokens: ${text}`);
      assert.ok(tokens(question + text) <= 330, `${tokens(question + text)} tokens: ${question} ${text}`);
      for (const [equation, a, sign, b, c] of text.matchAll(/(\d+) ([-+]) (\d+) = (\d+)/g)) {
        assert.equal(sign === "+" ? Number(a) + Number(b) : Number(a) - Number(b), Number(c), equation);
      }
      for (const [claim, a, than, b] of text.matchAll(/(\d+) is (more|less) than (\d+)/g)) {
        assert.ok(than === "more" ? Number(a) > Number(b) : Number(a) < Number(b), claim);
      }
    }
  }
}

/** Checks that training never uses the last wording of a story, and that the side `reworded` uses no other. */
export function checkSides(family: Family, count: number): void {
  const random = seeded(2);
  for (const story of family.stories) {
    const last = instance(story, random).wordings.length - 1;
    assert.ok(last >= 4, story.name);
    const one: Family = { ...family, stories: [story] };
    const wordings = (side: Side) =>
      new Set(Array.from({ length: count }, () => drawProblem(one, random, side).template));
    assert.deepEqual([...wordings("reworded")], [`${story.name}/${last}`]);
    for (const side of ["train", "held-out"] satisfies Side[]) {
      const used = wordings(side);
      assert.equal(used.size, last);
      assert.ok(!used.has(`${story.name}/${last}`));
    }
  }
}
