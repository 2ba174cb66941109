import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { nouns } from "../../src/families/nouns.ts";
import { strings } from "../../src/families/strings.ts";
import { drawProblem, type Family, phrase, readResult, segments } from "../../src/problem.ts";
import { checkSides, checkTexts, instance } from "./texts.ts";

const upper: Record<string, RegExp> = {
  "every letter": /./g,
  "only the first letter": /^./,
  "only the last letter": /.$/,
  "only the first two letters": /^../,
  "only the last two letters": /..$/,
};

function repeated(word: string, part: string, times: number): string {
  const length = part.endsWith("two letters") ? 2 : 3;
  return (part.startsWith("first") ? word.substring(0, length) : word.substring(word.length - length)).repeat(times);
}

function swapped(word: string, i: number, j: number): string {
  return `${word.substring(0, i)}${word[j]}${word.substring(i + 1, j)}${word[i]}${word.substring(j + 1)}`;
}

/** The result of each story as a word or number, from its values alone. */
const results: Record<string, (...values: string[]) => string | number> = {
  reverse: (word = "") => [...word].reduce((text, letter) => letter + text, ""),
  count: (letter, ...words) => [...words.join("")].filter((one) => one === letter).length,
  vowels: (word = "") => word.replace(/[aeiou]/g, ""),
  ends: (which, ...words) => words.map((word) => word.at(which === "first" ? 0 : -1)).join(""),
  replace: (word = "", from = "", to = "") => word.replaceAll(from, to),
  swap: (word = "", i, j) => swapped(word, Number(i), Number(j)),
  capitals: (word = "", part = "") => word.replace(upper[part] as RegExp, (letters) => letters.toUpperCase()),
  repeat: (word = "", part = "", times) => repeated(word, part, Number(times)),
  lengths: (which, a = "", b = "") => (a.length > b.length === (which === "longer") ? a : b),
};

test("the texts of the strings family are whole, true, and of a length that a small model can learn", () => {
  checkTexts(strings, 3000);
});

test("the last wording of each strings story is kept from training", () => {
  checkSides(strings, 300);
});

test("every answer of the strings family states the result that its values give", () => {
  const random = seeded(3);
  for (const story of strings.stories) {
    for (let i = 0; i < 1000; i++) {
      const { values, answer } = instance(story, random);
      const result = String(results[story.name]?.(...values.map(String)));
      const plain = ["count", "lengths"].includes(story.name);
      assert.equal(readResult(phrase(answer, random)), plain ? result : [...result].join("-"));
    }
  }
});

test("every wording of a strings story names the words, letters and people that its values are", () => {
  const random = seeded(4);
  for (const story of strings.stories) {
    for (let i = 0; i < 200; i++) {
      const { values, wordings } = instance(story, random);
      for (const wording of wordings) {
        const question = phrase(segments(wording), random);
        for (const value of values) {
          if (typeof value === "number" || ["longer", "shorter"].includes(value)) continue;
          assert.match(question, new RegExp(`\\b${value}\\b`));
        }
      }
    }
  }
});

test("the letters that an answer gives for a word spell it, and a running count is right at each letter", () => {
  const random = seeded(5);
  const of = (name: string): Family => ({
    ...strings,
    stories: strings.stories.filter((story) => story.name === name),
  });
  for (let i = 0; i < 1000; i++) {
    const problem = drawProblem(strings, random, "train");
    const text = phrase(problem.answer, random);
    for (const [, word, letters] of text.matchAll(
      /word ([a-z]+)\b.*?(?:letters are|has the letters) ([a-z](?:, [a-z])*)\./g,
    )) {
      assert.equal(letters?.replaceAll(", ", ""), word);
    }
    const counting = phrase(drawProblem(of("count"), random, "train").answer, random);
    const letter = counting.match(/the letter (.)/)?.[1];
    let seen = 0;
    for (const [, one, total] of counting.matchAll(/\b([a-z]) (\d)/g)) {
      if (one === letter) seen++;
      assert.equal(Number(total), seen);
    }
    const [last] = [
      ...phrase(drawProblem(of("lengths"), random, "train").answer, random).matchAll(/(\w+) has (\d) letters/g),
    ];
    assert.equal(last?.[1]?.length, Number(last?.[2]));
  }
});

test("every noun has three to eight letters, and is seen in training in every story", () => {
  assert.equal(new Set(nouns).size, nouns.length);
  for (const noun of nouns) assert.match(noun, /^[a-z]{3,8}$/);
  const random = seeded(6);
  for (const story of strings.stories) {
    const unseen = new Set(nouns);
    for (let i = 0; i < 5000; i++) {
      const { question } = drawProblem({ ...strings, stories: [story] }, random, "train");
      for (const word of question.match(/[a-z]+/g) ?? []) unseen.delete(word);
    }
    assert.deepEqual([...unseen], [], story.name);
  }
});
