import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { lists } from "../../src/families/lists.ts";
import { phrase, readResult, type Story, segments } from "../../src/problem.ts";
import { checkSides, checkTexts, instance } from "./texts.ts";

type Values = readonly (string | number)[];

const animals = "cat dog horse rabbit bird goat duck mouse".split(" ");
const colors = "red blue green yellow black white brown gray".split(" ");
const foods = "bread cheese rice soup milk honey butter salad".split(" ");
const places = "kitchen garden school library market park station office".split(" ");
const members: Record<string, readonly string[]> = { animals, colors, foods, places };

/** The numbers in order, by repeatedly taking the least. */
function ordered(list: readonly number[]): number[] {
  if (list.length === 0) return [];
  const least = Math.min(...list);
  return [least, ...ordered(list.filter((number) => number !== least))];
}

function keeps(rule: string, number: number): boolean {
  if (rule === "even" || rule === "odd") return (number % 2 === 0) === (rule === "even");
  const bound = Number(rule.split(" ").at(-1));
  return rule.startsWith("more") ? number > bound : number < bound;
}

function askedPlace(values: Values): string | number {
  const names = values.slice(0, -2);
  const [end, ask] = values.slice(-2) as [string, string];
  const place = ask.match(/^who is in place (\d)$/)?.[1];
  if (place !== undefined) return names.at(end === "front" ? Number(place) - 1 : -Number(place)) as string;
  const index = names.indexOf(ask.match(/^what place does (\w+) have$/)?.[1] as string);
  return end === "front" ? index + 1 : names.length - index;
}

/** The result of each story, from its values alone. */
const results: Record<string, (values: Values) => string | number | Values> = {
  sort([order, ...list]) {
    const up = ordered(list as number[]);
    return order === "ascending" ? up : up.reverse();
  },
  filter: ([rule, ...list]) => list.filter((number) => keeps(rule as string, number as number)),
  alphabet: (values) => [...values].sort(),
  words: ([key, ...list]) =>
    list.filter((word) => members[key as string]?.includes(String(word)) ?? String(word)[0] === key),
  difference(values) {
    const up = ordered(values as number[]);
    return (up.at(-1) as number) - (up[0] as number);
  },
  totals: (values) => values.map((_, i) => values.slice(0, i + 1).reduce<number>((sum, one) => sum + Number(one), 0)),
  repeats: (values) => [...new Set(values)],
  place: askedPlace,
};

test("the texts of the lists family are whole, true, and of a length that a small model can learn", () => {
  checkTexts(lists, 3000);
});

test("the last wording of each lists story is kept from training", () => {
  checkSides(lists, 300);
});

test("every answer of the lists family states the result that its values give", () => {
  const random = seeded(3);
  for (const story of lists.stories) {
    for (let i = 0; i < 1000; i++) {
      const { values, answer } = instance(story, random);
      const result = results[story.name]?.(values);
      assert.equal(readResult(phrase(answer, random)), Array.isArray(result) ? result.join(", ") : String(result));
    }
  }
});

test("every wording of a lists story gives the list in the same order", () => {
  const random = seeded(4);
  for (const story of lists.stories) {
    const from = ["sort", "filter", "words"].includes(story.name) ? 1 : 0;
    for (let i = 0; i < 200; i++) {
      const { values, wordings } = instance(story, random);
      const items = story.name === "place" ? values.slice(0, -2) : values.slice(from);
      for (const wording of wordings) {
        const question = phrase(segments(wording), random);
        const plain = question.replace(/ is at the front of a line, and (then|after that) come/, ",");
        assert.ok(plain.replaceAll(" and ", ", ").includes(items.join(", ")), question);
      }
    }
  }
});

const drawn = (name: string, random: () => number) =>
  instance(lists.stories.find((story) => story.name === name) as Story, random);

test("each step of sorting takes the smallest or largest number and leaves the others", () => {
  const random = seeded(5);
  const step = /(smallest|largest) (?:number )?is (\d+), (?:which leaves|leaving) (?:just |only )?([^.]*)\./g;
  for (let i = 0; i < 500; i++) {
    const { values, answer } = drawn("sort", random);
    let left = values.slice(1) as number[];
    for (const [, most, next, remaining] of phrase(answer, random).matchAll(step)) {
      assert.equal(Number(next), most === "smallest" ? Math.min(...left) : Math.max(...left));
      left = left.filter((number) => number !== Number(next));
      assert.equal(remaining?.replace(" and", ","), left.join(", "));
    }
    assert.equal(left.length, 1);
  }
});

test("the smallest and largest so far are right at each number", () => {
  const random = seeded(6);
  const best = { smallest: Math.min, largest: Math.max };
  for (let i = 0; i < 500; i++) {
    const { values, answer } = drawn("difference", random);
    const runs = [...phrase(answer, random).matchAll(/(smallest|largest) so far is ([\d, ]*)\./g)];
    assert.equal(runs.length, 2);
    for (const [, most, run] of runs) {
      const soFar = values.map((_, at) => best[most as "smallest"](...(values.slice(0, at + 1) as number[])));
      assert.equal(run, soFar.join(", "));
    }
  }
});
