import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { follow, wordTree } from "../src/sections/word-tree.ts";

test("words are found wherever they stand, beginnings of others before them", () => {
  const random = seeded(5);
  const letters = (most: number) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => (random() < 0.5 ? "a" : "b")).join("");
  for (let round = 0; round < 500; round++) {
    const words = Array.from({ length: 1 + (round % 3) }, () => letters(6));
    // A word within another one would end the text first.
    if (words.some((word) => words.some((other) => other !== word && other.includes(word)))) continue;
    const text = letters(40);
    const root = wordTree(words.map((bytes, to) => ({ bytes, to })));
    const found: [number, number][] = [];
    let at = root;
    for (const [index, letter] of [...text].entries()) {
      at = follow(at, letter.charCodeAt(0));
      if (at.to !== undefined) found.push([index, at.to]);
    }
    const expected = [...text].flatMap((_, index): [number, number][] => {
      const to = words.findIndex((word) => text.slice(0, index + 1).endsWith(word));
      return to < 0 ? [] : [[index, to]];
    });
    assert.deepEqual(found, expected, `${words} in ${text}`);
  }
});
