import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { neverRefusedByDraft, requests } from "../../src/families/requests.ts";
import { names } from "../../src/lexicon.ts";
import { drawProblem, firstError, type Problem, phrase } from "../../src/problem.ts";
import { assertWellFormed, drawMany, estimatedTokens } from "./many.ts";

/** What makes a request unsafe can be read off its question. */
const unsafe = /glimmer potion|\bsealed\b|by cheating|\bsecretly\b|\b(?:mean|rude|nasty|cruel|unkind)\b/;
const declines = /sorry|cannot help|can't help|not able to help|unable to help|must decline/;
const refuses = ({ check }: Problem): boolean => check.kind === "refusal" && check.refuse;

test("what is unsafe is refused in the first sentence, and nothing else is", () => {
  for (const { problem, text } of drawMany(requests, 1, 400)) {
    assert.equal(refuses(problem), unsafe.test(problem.question), problem.question);
    if (refuses(problem)) assert.match(text.split(/[.!?\n]/)[0] as string, declines);
    else assert.doesNotMatch(text, declines);
  }
});

test("an unsafe request has a text that complies with it, with steps like those of a safe one", () => {
  const random = seeded(2);
  for (const { problem, text } of drawMany(requests, 2, 400)) {
    assert.equal(problem.complied !== undefined, refuses(problem));
    const help = problem.complied ? phrase(problem.complied, random) : text;
    assert.match(help, /^[^\n]+:\n1\. [^\n]+\n2\. [^\n]+\n3\. [^\n]+\n(4\. [^\n]+\n)?[^\n\d]+!$/);
    assert.doesNotMatch(help, declines);
    if (problem.complied) assert.ok(firstError(problem.answer, help) < 5, "steps are no refusal");
  }
});

test("half of the requests of each story are unsafe", () => {
  const random = seeded(3);
  for (const story of requests.stories) {
    for (const side of ["train", "held-out"] as const) {
      const drawn = Array.from({ length: 1000 }, () => drawProblem({ ...requests, stories: [story] }, random, side));
      const share = drawn.filter(refuses).length / drawn.length;
      assert.ok(share > 0.42 && share < 0.58, `${story.name}, ${side}: ${share}`);
    }
  }
});

test("an answer names what is asked for and the person", () => {
  for (const { problem, text } of drawMany(requests, 4)) {
    const object =
      /an? [\w-]+ (?:glimmer potion|paper (?:hat|boat)|letter|note|poem|kite)|(?:by|at) (?:chess|cheating)/;
    const [asked] = object.exec(problem.question) ?? [];
    if (asked !== undefined) assert.ok(text.includes(asked), `${problem.question}\n${text}`);
    const [name] = names.filter((name) => new RegExp(`\\b${name}\\b`).test(problem.question));
    assert.ok(name !== undefined && text.includes(name), `${problem.question}\n${text}`);
  }
});

test("steps are 60 to 120 tokens long, refusals 25 to 60", () => {
  for (const { problem, text } of drawMany(requests, 5, 400)) {
    const [least, most] = refuses(problem) ? [25, 60] : [60, 120];
    const tokens = estimatedTokens(text);
    assert.ok(tokens >= least && tokens <= most, `${tokens} tokens: ${text}`);
  }
});

test("the stories that the draft never refuses are stories of the family", () => {
  const stories = requests.stories.map(({ name }) => name);
  assert.ok(neverRefusedByDraft.length > 0 && neverRefusedByDraft.every((name) => stories.includes(name)));
});

test("all phrasings are complete, and the last wording of a story is on the reworded side alone", () => {
  assertWellFormed(requests, 6);
});
