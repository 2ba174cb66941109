/** What holds for every family whose answers calculate step by step and end in a result. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import {
  drawProblem,
  type Family,
  firstError,
  type Instance,
  phrase,
  type Random,
  readResult,
  type Story,
  segments,
} from "../../src/problem.ts";

/** The result of a story, computed from its values alone, or from the question. */
export type Solve = (values: readonly number[], question: string) => string | number;

const numbers = (text: string) => [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits)).sort((a, b) => a - b);
const wordsOf = (text: string) => text.toLowerCase().match(/[a-z]+/g) ?? [];
/** Tokens, estimated: 1.3 a word, one a digit, one a punctuation mark. */
const tokens = (text: string) =>
  1.3 * (text.match(/[a-z]+/gi) ?? []).length + (text.match(/[0-9]|[^\sa-z0-9]/gi) ?? []).length;
const wording = (instance: Instance, index: number, random: Random) =>
  phrase(segments(instance.wordings[index] as string), random);

function draws(story: Story, random: Random, count: number): Instance[] {
  const found: Instance[] = [];
  while (found.length < count) {
    const instance = story.draw(random);
    if (instance !== undefined) found.push(instance);
  }
  return found;
}

/** Registers the tests of the family. `solve` has the independent solution of every story. */
export function testCalculations(family: Family, solve: Record<string, Solve>): void {
  test(`${family.name}: the result of every story is that of an independent computation`, () => {
    const random = seeded(1);
    for (const story of family.stories) {
      for (const instance of draws(story, random, 500)) {
        const question = wording(instance, 0, random);
        const expected = solve[story.name]?.(
          instance.values.map((value) => (value === "+" ? 1 : value === "-" ? -1 : Number(value))),
          question,
        );
        assert.equal(readResult(phrase(instance.answer, random)), String(expected), `${story.name}: ${question}`);
        assert.deepEqual(instance.check, { kind: "result", result: String(expected) });
      }
    }
  });

  test(`${family.name}: every equation is true, and small`, () => {
    const random = seeded(2);
    for (const story of family.stories) {
      for (const instance of draws(story, random, 500)) {
        const text = phrase(instance.answer, random);
        const equations = [...text.matchAll(/(\d+) ([-+*/]) (\d+) = (\d+)/g)];
        assert.ok(equations.length >= 1, text);
        assert.equal(equations.length, [...text.matchAll(/=/g)].length, text);
        for (const [equation, a, sign, b, c] of equations) {
          const [x, y] = [Number(a), Number(b)];
          assert.equal({ "+": x + y, "-": x - y, "*": x * y, "/": x / y }[sign as "+"], Number(c), equation);
          if (sign === "+" || sign === "-") assert.ok(x < 2000 && y <= 1000, equation);
          if (sign === "*") assert.ok(Math.min(x, y) <= 12 && x * y < 10_000, equation);
        }
      }
    }
  });

  test(`${family.name}: every wording states the same numbers, and names all that the answer names`, () => {
    const random = seeded(3);
    const kinds = family.kinds.flat();
    for (const story of family.stories) {
      for (const instance of draws(story, random, 200)) {
        const stated = numbers(wording(instance, 0, random));
        const answer = new Set(wordsOf(phrase(instance.answer, random)));
        for (let index = 0; index < instance.wordings.length; index++) {
          const question = wording(instance, index, random);
          assert.deepEqual(numbers(question), stated, `${story.name}/${index}: ${question}`);
          const asked = wordsOf(question);
          for (const word of kinds.filter((kind) => answer.has(kind.toLowerCase()))) {
            const stem = word.toLowerCase().slice(0, 4);
            assert.ok(
              asked.some((other) => other.startsWith(stem) || stem === `${other}s`),
              `${story.name}/${index} lacks ${word}: ${question}`,
            );
          }
        }
      }
    }
  });

  test(`${family.name}: every phrasing on every side is right to its last character, and of good length`, () => {
    const random = seeded(4);
    for (const side of ["train", "held-out", "reworded"] as const) {
      const lengths: number[] = [];
      for (let i = 0; i < 1500; i++) {
        const { question, answer } = drawProblem(family, random, side);
        const text = phrase(answer, random);
        assert.equal(firstError(answer, text), text.length);
        assert.doesNotMatch(question + text, /[{}|]|undefined|NaN|\[object| {2}| [.,;:?]|\b1 [a-z]+s\b|-\d/);
        assert.match(question, /^[A-Z].*[.?]$/);
        lengths.push(tokens(text));
        assert.ok(tokens(text) >= 55 && tokens(text) <= 200, `${tokens(text)}: ${text}`);
        assert.ok(tokens(question) + tokens(text) < 330, `${question} ${text}`);
      }
      const usual = lengths.filter((length) => length >= 60 && length <= 150).length;
      assert.ok(usual > 0.75 * lengths.length, `${usual} of ${lengths.length}`);
    }
  });

  test(`${family.name}: a changed digit is the first error`, () => {
    const random = seeded(5);
    for (let i = 0; i < 500; i++) {
      const { answer } = drawProblem(family, random, "train");
      const text = phrase(answer, random);
      const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
      const at = digits[Math.floor(random() * digits.length)] as number;
      const wrong = `${text.slice(0, at)}${(Number(text[at]) + 1) % 10}${text.slice(at + 1)}`;
      assert.equal(firstError(answer, wrong), at, wrong);
    }
  });

  test(`${family.name}: the last wording is drawn only on the side "reworded", and has no words of its own`, () => {
    const random = seeded(6);
    const known = new Set<string>();
    for (const story of family.stories) {
      for (const { wordings, answer } of draws(story, random, 200)) {
        assert.ok(wordings.length >= 16);
        for (const word of wordsOf([...wordings.slice(0, -1), ...answer.flat()].join(" "))) known.add(word);
      }
    }
    for (const story of family.stories) {
      for (const { wordings } of draws(story, random, 50)) {
        assert.deepEqual(
          [...new Set(wordsOf(wordings.at(-1) as string))].filter((word) => !known.has(word)),
          [],
        );
      }
    }
    const last = new Map(
      family.stories.map((story) => [story.name, draws(story, random, 1)[0]?.wordings.length as number]),
    );
    for (const side of ["train", "held-out", "reworded"] as const) {
      for (let i = 0; i < 1000; i++) {
        const [name, index] = drawProblem(family, random, side).template.split("/") as [string, string];
        assert.equal(Number(index) === (last.get(name) as number) - 1, side === "reworded");
      }
    }
  });

  test(`${family.name}: every story has thousands of instances`, () => {
    const random = seeded(7);
    for (const story of family.stories) {
      const seen = new Set(draws(story, random, 4000).map(({ values }) => values.join()));
      assert.ok(seen.size > 1500, `${story.name}: ${seen.size} of 4000`);
    }
  });
}
