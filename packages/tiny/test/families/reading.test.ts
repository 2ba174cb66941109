import assert from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "@lenity/core";
import { reading } from "../../src/families/reading.ts";
import { drawProblem, firstError, type Problem, readResult, type Side } from "../../src/problem.ts";
import { assertWellFormed, drawMany, estimatedTokens } from "./many.ts";

const storyOf = ({ template }: Problem): string => template.split("/")[0] as string;

/** The sentences that state the facts of each story, with the values as named groups. */
const patterns: Record<string, readonly RegExp[]> = {
  gifts: [
    /(?<name>[A-Z]\w+) has a (?<color>\w+) \w+, which was a present from (?<from>\w+ \w+)\./g,
    /(?<name>[A-Z]\w+)'s \w+ is (?<color>\w+), and s?he got it from (?<from>\w+ \w+)\./g,
    /The (?<color>\w+) \w+ belongs to (?<name>\w+), who got it from (?<from>\w+ \w+)\./g,
    /From (?<from>\w+ \w+), (?<name>\w+) got a \w+, and it is (?<color>\w+)\./g,
    /The \w+ of (?<name>\w+) is (?<color>\w+) and was a present from (?<from>\w+ \w+)\./g,
    /A (?<color>\w+) \w+ is what (?<name>\w+) got from (?<from>\w+ \w+)\./g,
  ],
  lost: [
    /(?<name>[A-Z]\w+) left \w+ (?<thing>\w+) \w+ \w+ \w+ \w+ the (?<room>\w+)\./g,
    /There is a (?<thing>\w+) \w+ \w+ \w+ \w+ the (?<room>\w+), and it belongs to (?<name>\w+)\./g,
    /The (?<thing>\w+) that (?<name>\w+) lost is \w+ \w+ \w+ \w+ the (?<room>\w+)\./g,
    /When (?<name>\w+) went home, \w+ (?<thing>\w+) stayed \w+ \w+ \w+ \w+ the (?<room>\w+)\./g,
    /Somebody saw the (?<thing>\w+) of (?<name>\w+) \w+ \w+ \w+ \w+ the (?<room>\w+)\./g,
    /The (?<thing>\w+) \w+ \w+ \w+ \w+ the (?<room>\w+) is the one that (?<name>\w+) needs\./g,
  ],
  timetable: [
    /On (?<day>\w+) (?<name>\w+) has a (?<subject>\w+) lesson, and it begins at (?<hour>\d) o'clock\./g,
    /(?<name>[A-Z]\w+) has a (?<subject>\w+) lesson every (?<day>\w+), which begins at (?<hour>\d) o'clock\./g,
    /Every (?<day>\w+) at (?<hour>\d) o'clock, (?<name>\w+) goes to a (?<subject>\w+) lesson\./g,
    /The (?<subject>\w+) lesson of (?<name>\w+) is on (?<day>\w+) and begins at (?<hour>\d) o'clock\./g,
    /At (?<hour>\d) o'clock on (?<day>\w+) there is a (?<subject>\w+) lesson for (?<name>\w+)\./g,
    /There is a (?<subject>\w+) lesson on (?<day>\w+) at (?<hour>\d) o'clock, and (?<name>\w+) goes to it\./g,
  ],
  party: [
    /(?<name>[A-Z]\w+) brings (?<count>\d+) (?<thing>\w+) and puts them on the table\./g,
    /There are (?<count>\d+) (?<thing>\w+) from (?<name>\w+), who carries them in a big box\./g,
    /The (?<count>\d+) (?<thing>\w+) come from (?<name>\w+), who got them in the morning\./g,
    /With (?<count>\d+) (?<thing>\w+), (?<name>\w+) comes to the party\./g,
    /From (?<name>\w+) they get (?<count>\d+) (?<thing>\w+), which will be needed\./g,
    /(?<name>[A-Z]\w+) is there early and has (?<count>\d+) (?<thing>\w+) in a bag\./g,
  ],
  ages: [
    /(?<name>[A-Z]\w+) is (?<age>\d+) years old and often (?<hobby>\w+ \w+) in the evening\./g,
    /At the age of (?<age>\d+), (?<name>\w+) (?<hobby>\w+ \w+) on most days\./g,
    /(?<name>[A-Z]\w+), who is (?<age>\d+) years old, (?<hobby>\w+ \w+) at home\./g,
    /The one who (?<hobby>\w+ \w+) most of all is (?<name>\w+), who is (?<age>\d+) years old\./g,
    /(?<name>[A-Z]\w+) (?<hobby>\w+ \w+) with friends and is (?<age>\d+) years old\./g,
    /After work (?<name>\w+), who is (?<age>\d+), often (?<hobby>\w+ \w+)\./g,
  ],
};
/** The same for the stories whose facts are pairs of sentences, joined by a name. */
const joins: Record<string, readonly (readonly RegExp[])[]> = {
  owners: [
    [
      /(?<name>[A-Z]\w+) is (?:in|at) the (?<room>\w+), where s?he [\w ]+\./g,
      /(?<name>[A-Z]\w+) came to the (?<room>\w+), and now [\w ]+ there\./g,
      /(?<name>[A-Z]\w+) (?:cooks|gives|talks|reads|buys|takes|waits|writes) [\w ]+ (?:in|at) the (?<room>\w+)\./g,
      /(?<name>[A-Z]\w+) has gone to the (?<room>\w+), where s?he [\w ]+\./g,
      /The one who [\w ]+ (?:in|at) the (?<room>\w+) is (?<name>\w+)\./g,
    ],
    [
      /(?<name>[A-Z]\w+) has a (?<animal>\w+) that is small and friendly\./g,
      /At home a (?<animal>\w+) waits for (?<name>\w+) at the door\./g,
      /The (?<animal>\w+) that sleeps all day belongs to (?<name>\w+)\./g,
      /A (?<animal>\w+) lives with (?<name>\w+) and likes to play\./g,
      /(?<name>[A-Z]\w+) is the owner of a (?<animal>\w+) that is often hungry\./g,
    ],
  ],
  farm: [
    [
      /The (?<animal>\w+) is called (?<pet>\w+) and sleeps near the door\./g,
      /(?<pet>[A-Z]\w+) is the name of the (?<animal>\w+) that lives here\./g,
      /One of the animals is a (?<animal>\w+) with the name (?<pet>\w+)\./g,
      /They call the (?<animal>\w+) (?<pet>\w+), and it likes to run\./g,
      /When somebody calls (?<pet>\w+), it is the (?<animal>\w+) that comes\./g,
    ],
    [
      /(?<pet>[A-Z]\w+) likes (?<feed>\w+) more than all other food\./g,
      /Every morning (?<pet>\w+) gets some (?<feed>\w+) from \w+\./g,
      /There is always some (?<feed>\w+) for (?<pet>\w+) in the evening\./g,
      /The (?<feed>\w+) is for (?<pet>\w+), who is often hungry\./g,
      /\w+ gives some (?<feed>\w+) to (?<pet>\w+) every day\./g,
    ],
  ],
};

type Fact = Record<string, string>;

/** Reads the facts of a text. */
const factsIn = (text: string, sentences: readonly RegExp[]): Fact[] =>
  sentences.flatMap((pattern) => [...text.matchAll(pattern)].map(({ groups }) => groups as Fact));

/** What is asked, without the text that it is asked about. */
function askIn(question: string, sentences: readonly RegExp[], pairs: boolean): string {
  const spans = sentences.flatMap((pattern) =>
    [...question.matchAll(pattern)].map((match) => [match.index, match.index + match[0].length] as const),
  );
  const before = question.slice(0, Math.min(...spans.map(([from]) => from))).trimEnd();
  const after = question.slice(Math.max(...spans.map(([, to]) => to))).trimStart();
  // One sentence comes before the facts, and one behind them where the facts are not pairs.
  const lead = before.replace(/[^.:?]*\.$/, "");
  return `${lead} ${pairs ? after : after.replace(/^[^.]*\./, "")}`;
}

const mentions = (text: string, word: string): boolean => new RegExp(`\\b${word}\\b`).test(text);
const mentioned = (facts: readonly Fact[], ask: string, field: string): Fact[] =>
  facts.filter((fact) => mentions(ask, fact[field] as string));
const only = (facts: readonly Fact[], ask: string): Fact => {
  const asked = facts.filter((fact) => Object.values(fact).some((value) => mentions(ask, value)));
  assert.equal(asked.length, 1, `${ask} asks about ${JSON.stringify(asked)}`);
  return asked[0] as Fact;
};

/** Solves a problem from nothing but its question. */
const solvers: Record<string, (ask: string, facts: readonly Fact[]) => string | undefined> = {
  gifts(ask, facts) {
    const { color, from, name } = only(facts, ask);
    if (/color/.test(ask)) return color;
    return /gave|given|[Ff]rom whom|say thanks/.test(ask) ? from : name;
  },
  lost(ask, facts) {
    const { name, thing, room } = only(facts, ask);
    if (mentions(ask, name as string)) return /\b[Ww]here\b|(?<!in its )place|must we go/.test(ask) ? room : thing;
    return name;
  },
  timetable(ask, facts) {
    const { name, day, hour } = only(facts, ask);
    if (mentions(ask, day as string)) return name;
    return /hour|time|begin/.test(ask) ? hour : day;
  },
  party(ask, facts) {
    const counted = facts.filter(({ name, thing }) => mentions(ask, name as string) || mentions(ask, thing as string));
    if (counted.length === 2) return `${Number(counted[0]?.["count"]) + Number(counted[1]?.["count"])}`;
    const { name, count } = only(facts, ask);
    return /[Hh]ow many|number/.test(ask) ? count : name;
  },
  ages(ask, facts) {
    const two = mentioned(facts, ask, "name");
    if (two.length === 0) return only(facts, ask)["age"];
    assert.equal(two.length, 2);
    const [low, high] = two.sort((a, b) => Number(a["age"]) - Number(b["age"]));
    return (/older/.test(ask) ? high : low)?.["name"];
  },
  owners(ask, facts) {
    const { room, animal } = only(facts, ask);
    return mentions(ask, room as string) ? animal : room;
  },
  farm(ask, facts) {
    const { animal, feed } = only(facts, ask);
    return mentions(ask, animal as string) ? feed : animal;
  },
};

/** Where a trip begins. */
const starts = /(?:(?:begins|start) at|First of all they see) the (\w+)\.|The (\w+) is where they begin\./;

/** Follows the trip from place to place. */
function solveTrip(question: string): string {
  const forward =
    /(?:From the|After the|leave the|go from the) (\w+) (?:they (?:walk|go) to|and come to|to) the (\w+)/g;
  const backward = /The (\w+) comes after the (\w+),|reach the (\w+) from the (\w+)/g;
  const next = new Map([
    ...[...question.matchAll(forward)].map(([, from, to]) => [from, to] as [string, string]),
    ...[...question.matchAll(backward)].map(([, a, b, c, d]) => [b ?? d, a ?? c] as [string, string]),
  ]);
  const stops = [starts.exec(question)].map((found) => (found?.[1] ?? found?.[2]) as string);
  for (let at = next.get(stops[0] as string); at !== undefined; at = next.get(at)) stops.push(at);
  assert.equal(stops.length, 4);
  if (/order/.test(question)) return stops.join(", ");
  return stops[/second/.test(question) ? 1 : 2] as string;
}

function solve(problem: Problem): string | undefined {
  const story = storyOf(problem);
  if (story === "trip") return solveTrip(problem.question);
  const parts = joins[story];
  if (parts === undefined) {
    const sentences = patterns[story] as readonly RegExp[];
    const facts = factsIn(problem.question, sentences);
    assert.equal(facts.length, 4, problem.question);
    return solvers[story]?.(askIn(problem.question, sentences, false), facts);
  }
  const [left, right] = parts.map((sentences) => factsIn(problem.question, sentences)) as [Fact[], Fact[]];
  const key = story === "farm" ? "pet" : "name";
  const facts = left.map((fact) => ({ ...fact, ...right.find((other) => other[key] === fact[key]) }));
  assert.equal(facts.length, 3, problem.question);
  return solvers[story]?.(askIn(problem.question, parts.flat(), true), facts);
}

test("the result of every problem is what its text says", () => {
  for (const { problem } of drawMany(reading, 1)) {
    assert.equal(problem.check.kind === "result" && problem.check.result, solve(problem), problem.question);
  }
});

test("every answer is right to its last character, and ends in the result", () => {
  for (const { problem, text } of drawMany(reading, 2)) {
    assert.equal(firstError(problem.answer, text), text.length);
    assert.equal(readResult(text), problem.check.kind === "result" && problem.check.result);
  }
});

test("the sentences that an answer quotes are in the text", () => {
  for (const { problem, text } of drawMany(reading, 3)) {
    const quotes = [...text.matchAll(/"([^"]*)"/g)].map(([, quote]) => quote as string);
    assert.ok(quotes.length > 0, text);
    for (const quote of quotes) assert.ok(problem.question.includes(quote), `${problem.question}\n${text}`);
  }
});

test("what follows from a quoted sentence is in it: the names, the numbers, and at last the result", () => {
  for (const { text } of drawMany(reading, 3)) {
    const steps = [...text.matchAll(/"([^"]*)" ([^.]*)\./g)].map(
      ([, quote, conclusion]) => [quote, conclusion] as const,
    );
    for (const [quote, conclusion] of steps) {
      for (const [word] of `${conclusion}`.matchAll(/\b[A-Z][a-z]+\b|\d+/g)) {
        if (!/^(?:So|Therefore|Hence|This)$/.test(word)) assert.ok(mentions(`${quote}`, word), text);
      }
    }
    const sumOrOrder = /\d \+ \d|[a-z], [a-z]+$|(?:older|younger)\.\n/.test(text);
    if (!sumOrOrder) assert.ok(mentions(`${steps.at(-1)?.[0]}`, `${readResult(text)}`), text);
  }
});

test("the sums and comparisons of every answer are true", () => {
  let found = 0;
  for (const { text } of drawMany(reading, 4)) {
    for (const [, a, b, c] of text.matchAll(/(\d+) \+ (\d+) = (\d+)/g)) {
      assert.equal(Number(a) + Number(b), Number(c));
      found++;
    }
    for (const [, a, b] of text.matchAll(/(\d+) is (?:more|greater) than (\d+)/g)) {
      assert.ok(Number(a) > Number(b), text);
      found++;
    }
  }
  assert.ok(found > 100);
});

test("question and answer are of the right length", () => {
  for (const { problem, text } of drawMany(reading, 5)) {
    const words = problem.question.split(/\s+/).length;
    assert.ok(words >= 60 && words <= 125, `${words} words: ${problem.question}`);
    const tokens = estimatedTokens(text);
    assert.ok(tokens >= 55 && tokens <= 200, `${tokens} tokens: ${text}`);
    assert.ok(estimatedTokens(problem.question) + tokens <= 330);
  }
});

test("the order of the sentences varies", () => {
  const random = seeded(6);
  const trips = { ...reading, stories: reading.stories.filter(({ name }) => name === "trip") };
  const first = (side: Side): boolean => {
    const { question } = drawProblem(trips, random, side);
    return question.search(starts) < question.search(/(?:From|After|leave|from|comes after) the [a-z]+/);
  };
  const share = Array.from({ length: 400 }, () => first("train")).filter(Boolean).length / 400;
  assert.ok(share > 0.15 && share < 0.35, `${share}`);
});

test("all phrasings are complete, and the last wording of a story is on the reworded side alone", () => {
  assertWellFormed(reading, 7);
});
