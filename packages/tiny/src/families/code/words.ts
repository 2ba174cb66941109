/** Lists of words: those that pass a condition are collected, counted, joined, written in capitals or measured. */
import { animals, colors, foods, goods } from "../../lexicon.ts";
import { integer, pick, type Random, type Story, several } from "../../problem.ts";
import { listed } from "../join.ts";
import { arrow, cases, declared, functionName, instance, shown } from "./task.ts";

/** Words that are short in tokens, also in capital letters. */
export const vocabulary: readonly string[] = [...animals, ...colors, ...foods, ...goods];

interface WordFilter {
  /** A noun with alternatives in braces: `words that {start|begin} with "b"`. */
  readonly noun: string;
  readonly plain: string;
  /** The condition on `word`, in JavaScript. */
  readonly code: string;
  keeps(word: string): boolean;
}

/** A random condition, on the letters of `word` or on the length. */
function wordFilter(random: Random, word: string): WordFilter {
  const [first, last, any] = [word.slice(0, 1), word.slice(-1), pick(random, [...word])];
  const length = integer(random, 3, 6);
  return pick(random, [
    {
      noun: `words that {start|begin} with "${first}"`,
      plain: `words that start with "${first}"`,
      code: `word.startsWith("${first}")`,
      keeps: (text: string) => text.startsWith(first),
    },
    {
      noun: `words that {end|finish} with "${last}"`,
      plain: `words that end with "${last}"`,
      code: `word.endsWith("${last}")`,
      keeps: (text: string) => text.endsWith(last),
    },
    {
      noun: `words that {contain|include} "${any}"`,
      plain: `words that contain "${any}"`,
      code: `word.includes("${any}")`,
      keeps: (text: string) => text.includes(any),
    },
    {
      noun: `words {longer than|with more than} ${length - 1} letters`,
      plain: `words longer than ${length - 1} letters`,
      code: `word.length > ${length - 1}`,
      keeps: (text: string) => text.length > length - 1,
    },
    {
      noun: `words {shorter than|with fewer than} ${length} letters`,
      plain: `words shorter than ${length} letters`,
      code: `word.length < ${length}`,
      keeps: (text: string) => text.length < length,
    },
  ]);
}

interface Ending {
  readonly names: readonly string[];
  /** `(noun) => "the count of noun"` */
  returns(noun: string): string;
  does(noun: string): string;
  /** By hand, after the words are chosen. */
  steps(kept: readonly string[]): string;
  /** What follows `.filter(…)`. */
  readonly code: string;
  readonly lead: string;
  solve(kept: readonly string[]): unknown;
}

const endings = (separator: string): readonly Ending[] => [
  {
    names: ["keepWords", "pickWords", "wordsWith", "findWords", "onlySome"],
    returns: (noun) => `a list of the ${noun}`,
    does: (noun) => `keeps the ${noun} in a list and leaves out the others`,
    steps: () => "The {others|other words} are left out.",
    code: "",
    lead: "The method filter keeps these words",
    solve: (kept) => kept,
  },
  {
    names: ["countWords", "wordCount", "howMany", "countOf", "countSome"],
    returns: (noun) => `the count of ${noun}`,
    does: (noun) => `counts the ${noun} in a list`,
    steps: (kept) => `{This makes|These are|That is} ${kept.length} words.`,
    code: ".length",
    lead: "We use filter to keep these words and length to count them",
    solve: (kept) => kept.length,
  },
  {
    names: ["joinWords", "glue", "joinSome", "wordLine", "oneText"],
    returns: (noun) => `the ${noun}, joined with "${separator}"`,
    does: (noun) => `joins the ${noun} in a list with "${separator}"`,
    steps: () => `{We put|Then we put|Now we put} "${separator}" between {them|the words}.`,
    code: `.join("${separator}")`,
    lead: "We use filter to keep these words and join to put them together",
    solve: (kept) => kept.join(separator),
  },
  {
    names: ["bigWords", "upperWords", "loudWords", "capitals", "shout"],
    returns: (noun) => `a list of the ${noun}, in capital letters`,
    does: (noun) => `keeps the ${noun} in a list and puts them in capital letters`,
    steps: (kept) =>
      `{In capital letters|With capital letters} {they are|these are|we have} ${listed(kept.map((word) => word.toUpperCase()))}.`,
    code: ".map((word) => word.toUpperCase())",
    lead: "We use filter to keep these words and map for the capital letters",
    solve: (kept) => kept.map((word) => word.toUpperCase()),
  },
  {
    names: ["lengths", "wordLengths", "sizes", "lengthsOf", "measure"],
    returns: (noun) => `a list of the lengths of the ${noun}`,
    does: (noun) => `finds the lengths of the ${noun} in a list`,
    steps: (kept) => `{There are|We count} ${listed(kept.map((word) => `${word.length} letters in ${word}`))}.`,
    code: ".map((word) => word.length)",
    lead: "We use filter to keep these words and map to get the lengths",
    solve: (kept) => kept.map((word) => word.length),
  },
];

const inCode = (value: unknown): string =>
  Array.isArray(value) ? shown(value as readonly (string | number)[]) : JSON.stringify(value);

export const words: Story = {
  name: "words",
  draw(random) {
    const list = several(random, vocabulary, integer(random, 3, 4));
    const filter = wordFilter(random, list[0] as string);
    const kept = list.filter(filter.keeps);
    const ending = pick(random, endings(pick(random, ["-", "+", ", ", " ", "/", "_"])));
    if (kept.length < 2 || kept.length === list.length) return undefined;
    const name = functionName(random, ending.names);
    const expression = (word: string) => {
      const inner = (code: string) => code.replace(/\bword\b/g, word);
      return `words.filter((${word}) => ${inner(filter.code)})${inner(ending.code)}`;
    };
    const leads = [`${ending.lead}:`, `${ending.lead}. Here is the code:`];
    const task = {
      name,
      takes: "a list of words",
      returns: ending.returns(filter.noun),
      plain: ending.returns(filter.plain),
      does: ending.does(filter.noun),
      example: shown(list),
      steps: `{we keep|it keeps|we take} ${listed(kept)}. ${ending.steps(kept)}`,
      result: inCode(ending.solve(kept)),
      styles: [
        { leads, code: declared(name, "words", `return ${expression("word")};`) },
        { leads, code: declared(name, "words", `return ${expression("w")};`) },
        { leads, code: arrow(name, "words", expression("word")) },
      ],
      cases: cases(
        name,
        (all: readonly string[]) => ending.solve(all.filter(filter.keeps)),
        [list],
        [[]],
        [several(random, vocabulary, 6)],
        [["", ...several(random, vocabulary, 2), list[0] as string]],
      ),
    };
    return instance(task, filter.plain, ending.returns(""));
  },
};
