/** One word or one line of text: its letters, its shape, its words. */
import { integer, pick, type Random, type Story, several } from "../../problem.ts";
import { listed } from "../join.ts";
import { nouns } from "../nouns.ts";
import { arrow, cases, declared, functionName, instance, type Style } from "./task.ts";
import { vocabulary } from "./words.ts";

interface Operation {
  readonly names: readonly string[];
  readonly returns: string;
  readonly does: string;
  /** By hand, as whole sentences, after the beginning that the story gives. */
  readonly steps: string;
  /** Two expressions for the result. */
  readonly code: readonly [string, string];
  readonly lead: string;
  solve(text: string): unknown;
}

/** Functions for both expressions of an operation, and the first as an arrow function. */
function styles(name: string, parameter: string, { code: [one, other], lead }: Operation): Style[] {
  const leads = [`${lead}:`, `${lead}. Here is the code:`];
  return [
    { leads, code: declared(name, parameter, `return ${one};`) },
    { leads, code: declared(name, parameter, `return ${other};`) },
    { leads, code: arrow(name, parameter, one) },
  ];
}

const times = (count: number): string => ["zero times", "once", "twice"][count] ?? `${count} times`;

function letterOperation(random: Random, word: string): Operation {
  const letters = [...word];
  const repeated = letters.filter((letter, at) => letters.indexOf(letter) < at);
  const letter = pick(random, repeated.length > 0 && random() < 0.7 ? repeated : letters);
  const others = letters.filter((other) => other !== letter);
  const count = integer(random, 2, 3);
  return pick<Operation>(random, [
    {
      names: ["reverse", "backwards", "flip", "turnAround", "mirrored"],
      returns: "the word written backwards",
      does: "writes a word backwards",
      steps: `{From the end|Backwards|In reverse order}{,|} {they are|we get|we have} ${[...letters].reverse().join(", ")}.`,
      code: ['[...word].reverse().join("")', 'word.split("").reverse().join("")'],
      lead: "We make a list of the letters, use reverse, and join them again",
      solve: (text) => [...text].reverse().join(""),
    },
    {
      names: ["countLetter", "letterCount", "howOften", "findLetter", "countIn"],
      returns: `the count of the letter "${letter}" in it`,
      does: `counts the letter "${letter}" in a word`,
      steps: `The letter "${letter}" {comes up|is there|occurs} ${times(letters.length - others.length)}.`,
      code: [`[...word].filter((letter) => letter === "${letter}").length`, `word.split("${letter}").length - 1`],
      lead: "We need the letters of the word and the length of a list",
      solve: (text) => text.split(letter).length - 1,
    },
    {
      names: ["removeLetter", "without", "dropLetter", "leaveOut", "clean"],
      returns: `the word without the letter "${letter}"`,
      does: `removes the letter "${letter}" from a word`,
      steps: `Without "${letter}" {we have|we get|we keep} ${others.join(", ")}.`,
      code: [`word.replaceAll("${letter}", "")`, `word.split("${letter}").join("")`],
      lead: "We put an empty text in place of the letter",
      solve: (text) => text.split(letter).join(""),
    },
    {
      names: ["firstLetters", "startOf", "short", "beginning", "cut"],
      returns: `the first ${count} letters of it`,
      does: `returns the first ${count} letters of a word`,
      steps: `The first ${count} {of them|of these|letters} are ${listed(letters.slice(0, count))}.`,
      code: [`word.slice(0, ${count})`, `word.substring(0, ${count})`],
      lead: "We cut off what we need, from the start of the word",
      solve: (text) => text.slice(0, count),
    },
    {
      names: ["lastLetters", "endOf", "lastFew", "ending", "lastPart"],
      returns: `the last ${count} letters of it`,
      does: `returns the last ${count} letters of a word`,
      steps: `The last ${count} {of them|of these|letters} are ${listed(letters.slice(-count))}.`,
      code: [`word.slice(-${count})`, `[...word].slice(-${count}).join("")`],
      lead: "The method slice with a negative number counts from the end",
      solve: (text) => text.slice(-count),
    },
  ]);
}

export const letters: Story = {
  name: "letters",
  draw(random) {
    const word = pick(random, nouns);
    const operation = letterOperation(random, word);
    const result = operation.solve(word);
    if (result === "") return undefined;
    const name = functionName(random, operation.names);
    const task = {
      name,
      takes: "a word",
      returns: operation.returns,
      plain: operation.returns,
      does: operation.does,
      example: `"${word}"`,
      steps: `{the letters are|we have the letters|there are the letters} ${[...word].join(", ")}. ${operation.steps}`,
      result: JSON.stringify(result),
      styles: styles(name, "word", operation),
      cases: cases(name, operation.solve, [word], [""], ["x"], [pick(random, nouns)], ["banana butter"]),
    };
    return instance(task, operation.returns);
  },
};

function shapeOperation(random: Random, word: string): Operation {
  const mark = pick(random, ["*", "-", ".", "0", "!", "+", "_", "="]);
  const count = integer(random, 2, 5);
  const width = word.length + count;
  const fill = `{there are|it has} ${word.length} letters, and ${width} - ${word.length} = ${count}. {So we need|So we add|We put} "${mark.repeat(count)}"`;
  return pick<Operation>(random, [
    {
      names: ["repeatWord", "sayAgain", "copies", "repeatIt", "echo"],
      returns: `the word ${count} times with "${mark}" between`,
      does: `repeats a word ${count} times with "${mark}" between`,
      steps: `{we write|we need|we put} the word ${count} times, with "${mark}" ${count} - 1 = ${count - 1} times between.`,
      code: [
        `Array(${count}).fill(word).join("${mark}")`,
        `Array.from({ length: ${count} }, () => word).join("${mark}")`,
      ],
      lead: "We fill a list with the word and join it",
      solve: (text) => Array(count).fill(text).join(mark),
    },
    {
      names: ["padLeft", "fillLeft", "fillStart", "padStart", "moveRight"],
      returns: `the word with "${mark}" in front of it up to a length of ${width}`,
      does: `fills a word with "${mark}" in front up to a length of ${width}`,
      steps: `${fill} {in front|at the start}.`,
      code: [`word.padStart(${width}, "${mark}")`, `"${mark}".repeat(Math.max(0, ${width} - word.length)) + word`],
      lead: "We fill up the start of the word",
      solve: (text) => text.padStart(width, mark),
    },
    {
      names: ["padRight", "fillRight", "fillEnd", "padEnd", "makeWide"],
      returns: `the word with "${mark}" after it up to a length of ${width}`,
      does: `fills a word with "${mark}" after it up to a length of ${width}`,
      steps: `${fill} {after it|at the end}.`,
      code: [`word.padEnd(${width}, "${mark}")`, `word + "${mark}".repeat(Math.max(0, ${width} - word.length))`],
      lead: "We fill up the end of the word",
      solve: (text) => text.padEnd(width, mark),
    },
    {
      names: ["frame", "wrap", "addMarks", "surround", "decorate"],
      returns: `the word with "${mark}" ${count} times on both sides`,
      does: `puts "${mark}" ${count} times on both sides of a word`,
      steps: `{we put|we write|we add} "${mark.repeat(count)}" {in front and after it|on both sides}.`,
      code: [
        `"${mark.repeat(count)}" + word + "${mark.repeat(count)}"`,
        `\`${mark.repeat(count)}\${word}${mark.repeat(count)}\``,
      ],
      lead: "We put three texts together",
      solve: (text) => mark.repeat(count) + text + mark.repeat(count),
    },
  ]);
}

export const shape: Story = {
  name: "shape",
  draw(random) {
    const word = pick(random, nouns);
    const operation = shapeOperation(random, word);
    const name = functionName(random, operation.names);
    const task = {
      name,
      takes: "a word",
      returns: operation.returns,
      plain: operation.returns,
      does: operation.does,
      example: `"${word}"`,
      steps: operation.steps,
      result: JSON.stringify(operation.solve(word)),
      styles: styles(name, "word", operation),
      cases: cases(name, operation.solve, [word], [""], ["a"], ["a very long word"]),
    };
    return instance(task, operation.returns);
  },
};

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

function lineOperation(random: Random, parts: readonly string[]): Operation {
  const mark = pick(random, ["-", "_", "/", "+", "."]);
  const parted = 'text.split(" ")';
  return pick<Operation>(random, [
    {
      names: ["initials", "firstOfEach", "shortName", "makeCode", "starts"],
      returns: "the first letters of its words as one word",
      does: "joins the first letters of the words in a text",
      steps: `{The first letters are|They start with|They begin with} ${listed(parts.map((word) => word.slice(0, 1)))}.`,
      code: [`${parted}.map((word) => word.charAt(0)).join("")`, `${parted}.map((word) => word.slice(0, 1)).join("")`],
      lead: "We split the text into words, map each to the first letter, and join them",
      solve: (text) =>
        text
          .split(" ")
          .map((word) => word.slice(0, 1))
          .join(""),
    },
    {
      names: ["turnWords", "reverseWords", "lastFirst", "swapOrder", "backwards"],
      returns: "its words in reverse order",
      does: "puts the words of a text in reverse order",
      steps: `{From the end|Backwards|In reverse order}{,|} {they are|we get|we have} ${listed([...parts].reverse())}.`,
      code: [`${parted}.reverse().join(" ")`, `[...${parted}].reverse().join(" ")`],
      lead: "We split the text into words, use reverse, and join them again",
      solve: (text) => text.split(" ").reverse().join(" "),
    },
    {
      names: ["toTitle", "capitalize", "titleOf", "bigStarts", "makeTitle"],
      returns: "the text with a capital letter at the start of each word",
      does: "puts a capital letter at the start of each word in a text",
      steps: `{With a capital letter|With capital letters} {they are|we get|we have} ${listed(parts.map(capital))}.`,
      code: [
        `${parted}.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ")`,
        `${parted}.map((w) => w.charAt(0).toUpperCase() + w.slice(1)).join(" ")`,
      ],
      lead: "We split the text into words, map each to the new word, and join them",
      solve: (text) => text.split(" ").map(capital).join(" "),
    },
    {
      names: ["makeSlug", "joinParts", "noSpaces", "connect", "linkWords"],
      returns: `the text with "${mark}" in place of each space`,
      does: `puts "${mark}" in place of each space in a text`,
      steps: `{We put|Then we put|Now we put} "${mark}" between {them|the words}.`,
      code: [`${parted}.join("${mark}")`, `text.replaceAll(" ", "${mark}")`],
      lead: "We change each space",
      solve: (text) => text.split(" ").join(mark),
    },
  ]);
}

export const line: Story = {
  name: "line",
  draw(random) {
    const parts = several(random, vocabulary, integer(random, 2, 4));
    const operation = lineOperation(random, parts);
    const name = functionName(random, operation.names);
    const text = parts.join(" ");
    const task = {
      name,
      takes: "a text",
      returns: operation.returns,
      plain: operation.returns,
      does: operation.does,
      example: `"${text}"`,
      steps: `{the words are|we have the words|there are the words} ${listed(parts)}. ${operation.steps}`,
      result: JSON.stringify(operation.solve(text)),
      styles: styles(name, "text", operation),
      cases: cases(name, operation.solve, [text], [""], [pick(random, vocabulary)], ["one two three four"]),
    };
    return instance(task, operation.returns);
  },
};
