import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { talk } from "../../src/families/talk.ts";
import { names } from "../../src/lexicon.ts";
import { assertWellFormed, drawMany, estimatedTokens } from "./many.ts";

test("an answer is 10 to 60 tokens long", () => {
  for (const { problem, text } of drawMany(talk, 1)) {
    assert.deepEqual(problem.check, { kind: "words" });
    const tokens = estimatedTokens(text);
    assert.ok(tokens >= 10 && tokens <= 60, `${tokens} tokens: ${text}`);
  }
});

test("an answer calls nobody by a name that was not given", () => {
  let called = 0;
  for (const { problem, text } of drawMany(talk, 2)) {
    for (const name of names.filter((name) => text.includes(`, ${name}`))) {
      assert.ok(problem.question.includes(name), `${problem.question}\n${text}`);
      called++;
    }
  }
  assert.ok(called > 1000);
});

test("an answer greets as it was greeted", () => {
  for (const { problem, text } of drawMany(talk, 3)) {
    const [time] = /Good (?:morning|afternoon|evening)/.exec(problem.question) ?? [];
    if (time !== undefined) assert.ok(text.startsWith(time), `${problem.question}\n${text}`);
    else assert.doesNotMatch(text, /Good (?:morning|afternoon|evening)/);
  }
});

test("every story has six wordings or more, all different", () => {
  for (const story of talk.stories) {
    const wordings = story.draw(seeded(4))?.wordings ?? [];
    assert.ok(wordings.length >= 6);
    assert.equal(new Set(wordings).size, wordings.length);
  }
});

test("all phrasings are complete, and the last wording of a story is on the reworded side alone", () => {
  assertWellFormed(talk, 5);
});
