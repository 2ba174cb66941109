/** The split into training and validation, and the choice of a threshold. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import type { Example } from "../src/example.ts";
import { split } from "../src/split.ts";
import { oddsFor } from "../src/threshold.ts";
import { example } from "./planted.ts";

describe("split", () => {
  const examples = Array.from({ length: 500 }, (_, i) =>
    example({ prompt: Math.floor(i / 5), group: i < 400 ? "many" : "few", fine: i % 50 !== 0 }),
  );
  const promptsOf = (side: readonly Example[]) => new Set(side.map(({ prompt }) => prompt));

  test("puts each example on one side, and all of a prompt on the same", () => {
    const { training, validation } = split(examples, seeded(1));
    assert.deepEqual(new Set([...training, ...validation]), new Set(examples));
    assert.equal(training.length + validation.length, examples.length);
    assert.ok(promptsOf(training).isDisjointFrom(promptsOf(validation)));
  });
  test("takes a fifth of each group, and of the prompts with tokens to reject, for validation", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { validation } = split(examples, seeded(seed));
      assert.equal(promptsOf(validation).size, 20);
      assert.ok(Math.abs(promptsOf(validation.filter(({ group }) => group === "few")).size - 4) <= 1);
      assert.ok(Math.abs(validation.filter(({ fine }) => !fine).length - 2) <= 1);
    }
  });
  test("is decided by the seed", () => {
    assert.deepEqual(split(examples, seeded(3)), split(examples, seeded(3)));
    assert.notDeepEqual(split(examples, seeded(3)), split(examples, seeded(4)));
  });
});

test("a threshold for a recall rejects that share of the tokens to reject, and no more of them than it has to", () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = seeded(seed);
    // Every third case has many equal scores.
    const odds = Array.from({ length: 60 }, () => (seed % 3 === 0 ? Math.floor(8 * random()) : 10 * random() - 5));
    const examples = odds.map((_, i) => example({ fine: i > 0 && random() < 0.7 }));
    const wrong = odds.filter((_, i) => examples[i]?.fine === false);
    for (const recall of [0.01, 0.5, 0.9, 1]) {
      const least = oddsFor(recall, odds, examples);
      const rejected = wrong.filter((value) => value >= least);
      assert.ok(rejected.length >= recall * wrong.length);
      const lowest = Math.min(...rejected);
      assert.ok(rejected.filter((value) => value > lowest).length < recall * wrong.length);
      // Values this close to the lowest are rejected with it.
      assert.ok(odds.every((value) => value >= lowest - 1e-3 || value < least));
    }
  }
});
