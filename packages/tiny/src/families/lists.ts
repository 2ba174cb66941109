/** Sorting, filtering and reading lists: each answer goes through the list item by item. */

import { animals, colors, foods, names, opening, people, places, so, then, things } from "../lexicon.ts";
import { type Family, integer, pick, type Random, type Story, several, withResult } from "../problem.ts";
import { commas, listed } from "./join.ts";
import { nouns } from "./nouns.ts";

/** Different numbers of at most two digits, in random order. */
const numbers = (random: Random, count: number): number[] =>
  several(
    random,
    Array.from({ length: 98 }, (_, index) => index + 2),
    count,
  );

const sort: Story = {
  name: "sort",
  draw(random) {
    const list = numbers(random, integer(random, 4, 6));
    const up = random() < 0.5;
    const sorted = list.toSorted((a, b) => (up ? a - b : b - a));
    const order = up ? "ascending" : "descending";
    const [first, other] = up ? ["smallest", "largest"] : ["largest", "smallest"];
    const { name, she } = pick(random, people);
    const way = up ? "{from smallest to largest|in ascending order}" : "{from largest to smallest|in descending order}";
    let rest = list;
    const steps = sorted.slice(0, -1).map((next, index) => {
      rest = rest.filter((number) => number !== next);
      const left = rest.length === 1 ? `{only|just} ${rest}` : listed(rest);
      return `${index === 0 ? "The" : `${then}, the`} ${first} {is|number is} ${next}, {which leaves|leaving} ${left}. `;
    });
    return {
      values: [order, ...list],
      wordings: [
        `{Sort|Order|Put} these numbers ${way}: ${commas(list)}.`,
        `{Here are some numbers|I have these numbers}: ${commas(list)}. {Can|Could} you {put|write} them ${way}?`,
        `What {is|would be} the ${order} order of {the numbers |}${listed(list)}?`,
        `If {I sort|we sort} ${listed(list)} ${way}, what {is the result|is the new list}?`,
        `The list ${commas(list)} is {out of order|not in order}. {Please rewrite|Rewrite} it ${way}.`,
        `{Write|Order} the numbers ${listed(list)} so that each one is ${up ? "larger" : "smaller"} than the one before.`,
        `Please {sort|order|write} ${listed(list)} ${way}.`,
        `With the ${first} number first, how {do you|would you} write {the list |}${commas(list)}?`,
        `${name} has the numbers ${listed(list)} on {cards|paper} and {writes|puts} them ${way}. {What does ${she} get|What is the new order}?`,
        `The ${first} number {should|must} come first and the ${other} last. {Sort|Order} ${commas(list)} {that way|like that}.`,
        `I {want|would like} to know how the numbers ${listed(list)} are {written|sorted} ${way}.`,
        `{Help|Please help} ${name}: {the numbers on a sheet of paper|the numbers on the board} are ${commas(list)}, but they should be ${way}.`,
        `${name} {wants|needs} a list ${way}. The numbers for it are ${listed(list)}. {What is the list?|Please write the list.}`,
        `What do we get {when|if} ${listed(list)} are {sorted|ordered|put} ${way}?`,
        `{Begin|Start} with the ${first} of the numbers ${listed(list)}, and end with the ${other}. {What is the list?|Write the list in that order.}`,
        `There are some numbers to {sort|order}, and the ${first} {should|must} come first: ${commas(list)}.`,
        `In a game, ${name} gets the cards ${commas(list)}. {In what order|How} does ${she} hold them, ${way}?`,
        `{Sorted|Ordered} ${way}, {how|in what order} are the numbers ${listed(list)} {written|read}?`,
        `What is the order of these numbers, ${way}? {They|The numbers} are ${listed(list)}.`,
        `{My list is|The list is} ${commas(list)}, and I need it ${way}. What {is the result|do we get}?`,
      ],
      ...withResult(
        `${opening}The numbers are ${commas(list)}, and {we need|we want} the ${first} first. ${steps.join("")}` +
          `${so}, the ${order} order is ${commas(sorted)}.`,
        commas(sorted),
      ),
    };
  },
};

/** What a filter keeps: how a question names it, how the answer does, and the test. */
interface Condition {
  readonly asked: string;
  readonly is: string;
  readonly isNot: string;
  keeps(number: number): boolean;
}

function condition(random: Random, bound: number): Condition {
  const more = { asked: `{more|greater|larger} than ${bound}`, is: `more than ${bound}`, isNot: `less than ${bound}` };
  const less = { asked: `{less|smaller} than ${bound}`, is: `less than ${bound}`, isNot: `more than ${bound}` };
  return pick(random, [
    { ...more, keeps: (number: number) => number > bound },
    { ...less, keeps: (number: number) => number < bound },
    { asked: "even", is: "even", isNot: "odd", keeps: (number: number) => number % 2 === 0 },
    { asked: "odd", is: "odd", isNot: "even", keeps: (number: number) => number % 2 === 1 },
  ]);
}

const filter: Story = {
  name: "filter",
  draw(random) {
    const list = numbers(random, integer(random, 4, 6));
    const bound = integer(random, 10, 90);
    const { asked, is, isNot, keeps } = condition(random, bound);
    const name = pick(random, names);
    const kept = list.filter(keeps);
    if (list.includes(bound) || kept.length < 2 || kept.length === list.length) return undefined;
    const steps = list.map((number) =>
      keeps(number)
        ? `${number} is ${is}, so {we keep it|it stays}. `
        : `${number} is ${isNot}, so {we leave it out|it goes|we drop it}. `,
    );
    return {
      values: [is, ...list],
      wordings: [
        `{Keep|Keep only} the numbers that are ${asked}: ${commas(list)}.`,
        `Which of {the|these} numbers are ${asked}: ${listed(list)}?`,
        `{Here is a list of numbers|Here are some numbers}: ${commas(list)}. {Remove|Leave out|Drop} the ones that are not ${asked}.`,
        `I {only want|just want} numbers that are ${asked}. What {is left|remains} of the list ${commas(list)}?`,
        `{From|Out of} the list ${commas(list)}, {write down|pick|give me} {all|only} the numbers that are ${asked}.`,
        `If {I remove|we remove|we drop} every number that is not ${asked}, what {is left|remains} of ${commas(list)}?`,
        `${name} {looks at|reads} the numbers ${listed(list)} and {keeps|wants} only those that are ${asked}. Which {ones|numbers} are they?`,
        `Only numbers that are ${asked} may stay on the list ${commas(list)}. {Which ones stay?|Write the new list.}`,
        `{Please go|Go} through ${listed(list)} and {leave out|drop} every number that is not ${asked}.`,
        `What {remains|is left} {when|after} ${name} {removes|drops} everything that is not ${asked} from the list ${commas(list)}?`,
        `A number that is not ${asked} {has to go|must go|cannot stay}. {Shorten|Please shorten} the list ${commas(list)}.`,
        `On the cards of ${name} are the numbers ${listed(list)}. {Write down|Tell me|Give me} the ones that are ${asked}.`,
        `I {want|would like} to know which of the numbers ${listed(list)} are ${asked}.`,
        `Are there numbers that are ${asked} {in|on} the list ${commas(list)}? {Which are they?|Give me all of them.}`,
        `{Find|Show me} the numbers that are ${asked} among these: ${commas(list)}.`,
        `Some of the numbers ${listed(list)} are ${asked}, and some are not. {Which ones are?|Drop those that are not.}`,
        `${name} {is making|makes} a list of numbers that are ${asked}. Which of ${listed(list)} {belong|go} on it?`,
        `{Take|Look at} the numbers ${commas(list)}. If a number is ${asked}, {keep it|write it down}; if not, {leave it out|drop it}.`,
        `Which numbers are ${asked}? Here {is the list|are all of them}: ${commas(list)}.`,
        `The list is ${commas(list)}. What {is left|remains} if I keep only the numbers that are ${asked}?`,
      ],
      ...withResult(
        `${opening}The numbers are ${commas(list)}, and {we keep|we want} those that are ${is}. ${steps.join("")}` +
          `${so}, {we are left with|what is left is} ${commas(kept)}.`,
        commas(kept),
      ),
    };
  },
};

const alphabet: Story = {
  name: "alphabet",
  draw(random) {
    const [pool, words] = pick(random, [[names, "names"] as const, [nouns, "words"] as const]);
    const list = several(random, pool, integer(random, 4, 5));
    const sorted = list.toSorted();
    const letters = list.map((word) => word.charAt(0));
    if (new Set(letters).size < list.length) return undefined;
    const steps = sorted.slice(1).map((word, index) => {
      const start = index + 2 === list.length ? "{Last comes|At the end comes}" : "{Then|Next|After that} comes";
      return `${start} ${word.charAt(0)}, {for|the letter of} ${word}. `;
    });
    return {
      values: list,
      wordings: [
        `{Put|Sort|Write} these ${words} in alphabetical order: ${commas(list)}.`,
        `In {which|what} order {do|would} the ${words} ${listed(list)} come, {from a to z|if we sort them by the alphabet}?`,
        `Here are some ${words}: ${commas(list)}. {Can|Could} you {sort|order} them {by the alphabet|from a to z}?`,
        `If the ${words} ${listed(list)} are {sorted|put in order} by the alphabet, what {is the result|is the new list}?`,
        `The list ${commas(list)} is {out of order|not in order}. {Please sort|Sort} it {by the alphabet|from a to z}.`,
        `I {need|want} a list from a to z. {The|My} ${words} are ${commas(list)}. {Please write|Write} the list.`,
        `A {teacher|friend} {wants|needs} the ${words} ${listed(list)} from a to z. In {what|which} order {is that|do they come}?`,
        `{Which comes first, and what follows|What is the order}, if {we|you} sort ${commas(list)} {by the alphabet|from a to z}?`,
        `I {want|would like} to know the alphabetical order of {the ${words} |}${listed(list)}.`,
        `The {first letter|alphabet} decides the order: {sort|write} the ${words} ${commas(list)} {like that|in this way}.`,
        `These ${words} are to be {written|put} in a book {by the alphabet|from a to z}: ${commas(list)}. In what order {do they come|are they}?`,
        `{Please go|Go} from a to z and {write down|name} the ${words} ${listed(list)} in that order.`,
        `What do {you|we} get {when|if} {you|we} put ${commas(list)} in alphabetical order?`,
        `Somebody {wrote|has written} ${listed(list)} in the wrong order. What is the {right|correct} order, from a to z?`,
        `{Sorted|Ordered} by the alphabet, the ${words} ${listed(list)} {make|give} a new list. {Write it down.|What is it?}`,
        `On small cards are the ${words} ${commas(list)}. {Lay|Put} the cards in {alphabetical order|order by the alphabet} and read them.`,
        `{Can|Could} you {write|put} ${listed(list)} in alphabetical order{ for me|}?`,
        `From a to z, {please write|write} these ${words}: ${commas(list)}.`,
        `In alphabetical order, what {is|would be} the list of the ${words} ${listed(list)}?`,
      ],
      ...withResult(
        `${opening}{We look at|These are} the first letters: ${list.map((word) => `${word} {begins|starts} with ${word.charAt(0)}`).join(", ")}. ` +
          `{In the alphabet|Of these letters}, ${sorted[0]?.charAt(0)} comes first, so {we start|we begin} with ${sorted[0]}. ` +
          `${steps.join("")}${so}, the order is ${commas(sorted)}.`,
        commas(sorted),
      ),
    };
  },
};

const kinds = [
  { words: animals, one: "an animal", many: "animals" },
  { words: colors, one: "a color", many: "colors" },
  { words: foods, one: "a food", many: "foods" },
  { words: places, one: "a place", many: "places" },
] as const;

/** What a filter of words keeps: how a question asks for the words and for the others, and what is said of each word. */
interface WordCondition {
  readonly key: string;
  readonly are: string;
  readonly areNot: string;
  readonly inside: readonly string[];
  readonly outside: readonly string[];
  says(word: string, inside: boolean): string;
}

function byKind(random: Random): WordCondition {
  const kind = pick(random, kinds);
  return {
    key: kind.many,
    are: `are ${kind.many}`,
    areNot: `are not ${kind.many}`,
    inside: kind.words,
    outside: kinds.filter((other) => other !== kind).flatMap((other) => other.words),
    says: (word, inside) => `${word} is ${inside ? "" : "not "}${kind.one}`,
  };
}

function byLetter(random: Random): WordCondition {
  const letter = pick(random, nouns).charAt(0);
  return {
    key: letter,
    are: `{begin|start} with ${letter}`,
    areNot: `do not {begin|start} with ${letter}`,
    inside: nouns.filter((word) => word.startsWith(letter)),
    outside: nouns.filter((word) => !word.startsWith(letter)),
    says: (word) => `${word} {begins|starts} with ${word.charAt(0)}`,
  };
}

const words: Story = {
  name: "words",
  draw(random) {
    const { key, are, areNot, inside, outside, says } = pick(random, [byKind, byLetter])(random);
    const wanted = integer(random, 2, 3);
    if (inside.length < wanted) return undefined;
    const drawn = [...several(random, inside, wanted), ...several(random, outside, integer(random, 2, 3))];
    const list = several(random, drawn, drawn.length);
    const name = pick(random, names);
    const kept = list.filter((word) => inside.includes(word));
    const steps = list.map((word) => {
      const stays = inside.includes(word);
      return `${says(word, stays)}, so ${stays ? "{we keep it|it stays}" : "{we leave it out|it goes|we drop it}"}`;
    });
    return {
      values: [key, ...list],
      wordings: [
        `{Keep|Keep only} the words that ${are}: ${commas(list)}.`,
        `Which of {the|these} words ${are}: ${listed(list)}?`,
        `{Here is a list of words|Here are some words}: ${commas(list)}. {Remove|Leave out|Drop} the ones that ${areNot}.`,
        `I {only want|just want} words that ${are}. What {is left|remains} of the list ${commas(list)}?`,
        `{From|Out of} the list ${commas(list)}, {write down|pick|give me} {all|only} the words that ${are}.`,
        `{Some|Only some} of these words ${are}: ${commas(list)}. {Which ones?|Which are they?}`,
        `${name} {looks at|reads} the words ${listed(list)} and {keeps|wants} only those that ${are}. Which {ones|words} are they?`,
        `Only words that ${are} may stay on the list ${commas(list)}. {Which ones stay?|Write the new list.}`,
        `{Please go|Go} through ${listed(list)} and {leave out|drop} all words that ${areNot}.`,
        `What {remains|is left} {when|after} ${name} {removes|drops} the words that ${areNot} from the list ${commas(list)}?`,
        `Words that ${areNot} {have to go|must go|cannot stay}. {Shorten|Please shorten} the list ${commas(list)}.`,
        `{Find|Tell me|Show me} the words on this list that ${are}: ${commas(list)}.`,
        `I {want|would like} to know which of the words ${listed(list)} ${are}.`,
        `On the list ${commas(list)} there are some words that ${are}. {Which are they?|Write them down.}`,
        `Which words {can|may} I keep from ${listed(list)} if I need words that ${are}?`,
        `Not all of the words ${listed(list)} ${are}. {Leave out|Drop} those that ${areNot}.`,
        `${name} {is making|makes} a list of words that ${are}. Which of ${listed(list)} {belong|go} on it?`,
        `{Take|Look at} the words ${commas(list)}. {Pick|Write down} {those|the ones} that ${are}.`,
        `Which words ${are}? Here {is the list|are all of them}: ${commas(list)}.`,
        `The list is ${commas(list)}. If {I remove|we remove|we drop} the words that ${areNot}, what {is left|remains}?`,
      ],
      ...withResult(
        `${opening}{We keep|We want} the words that ${are}. {One by one|We go through them}: ${steps.join("; ")}. ` +
          `${so}, {we are left with|what is left is} ${commas(kept)}.`,
        commas(kept),
      ),
    };
  },
};

/** The largest (or smallest) of the numbers up to each. */
const soFar = (list: readonly number[], best: (...values: number[]) => number): number[] =>
  list.map((_, index) => best(...list.slice(0, index + 1)));

const difference: Story = {
  name: "difference",
  draw(random) {
    const list = numbers(random, integer(random, 4, 6));
    const person = pick(random, people);
    const thing = pick(random, things);
    const largest = Math.max(...list);
    const smallest = Math.min(...list);
    return {
      values: list,
      wordings: [
        `What is the difference between the largest and the smallest of {the numbers |}${listed(list)}?`,
        `{Here are some numbers|I have these numbers}: ${commas(list)}. How far apart are the smallest and the largest?`,
        `{Find|Take} the largest and the smallest number in the list ${commas(list)}. {By how much do they differ|What is their difference}?`,
        `In the list ${commas(list)}, how much larger is the largest number than the smallest{| one}?`,
        `{Subtract|Take} the smallest of these numbers from the largest: ${commas(list)}. {What do you get|What is the result}?`,
        `${person.name} {scored|got} ${listed(list)} points in ${list.length} games. How many points {are there|lie} between ${person.her} worst game and ${person.her} best?`,
        `By how much do the {smallest and the largest|largest and the smallest} of ${listed(list)} differ?`,
        `On the cards of ${person.name} are the numbers ${listed(list)}. How much {smaller|less} is the smallest than the largest?`,
        `I {want|would like} to know how far the largest of the numbers ${listed(list)} is from the smallest.`,
        `{Some|A few} boxes hold ${listed(list)} ${thing}. How many more ${thing} are in the box with the most than in the box with the fewest?`,
        `How many ${thing} lie between the most and the fewest that a child has, if the children have ${listed(list)} ${thing}?`,
        `How {large|big} is the {step|distance} from the smallest to the largest of these numbers: ${commas(list)}?`,
        `{Please find|Find} the difference between the smallest number and the largest one. The numbers are ${listed(list)}.`,
        `The largest of ${listed(list)} is larger than the smallest{| one}. By how much?`,
        `What is left when the smallest number on the list ${commas(list)} is {subtracted|taken away} from the largest?`,
        `{What|What number} must {I|we} add to the smallest of the numbers ${listed(list)} to get the largest?`,
        `${person.name} {writes|has} ${commas(list)} and {subtracts|takes away} the smallest number from the largest. What does ${person.she} get?`,
        `{Only the smallest and the largest number matter here|We need the smallest and the largest number}: ${commas(list)}. {Give|Tell} me their difference.`,
        `If you take the largest of the numbers ${listed(list)} and take the smallest from it, what {do you get|is the result}?`,
      ],
      ...withResult(
        `${opening}The numbers are ${commas(list)}. {Number by number|As we go along}, the largest so far is ` +
          `${commas(soFar(list, Math.max))}. {So|Therefore|Hence}, the largest {number |}is ${largest}. ` +
          `{In the same way|Likewise}, the smallest so far is ${commas(soFar(list, Math.min))}. {So|Therefore|Hence}, the smallest {number |}is ` +
          `${smallest}. {The difference is|Subtracting gives} ${largest} - ${smallest} = ${largest - smallest}.`,
        largest - smallest,
      ),
    };
  },
};

const totals: Story = {
  name: "totals",
  draw(random) {
    const list = Array.from({ length: integer(random, 4, 5) }, () => integer(random, 2, 40));
    const { name, she } = pick(random, people);
    const thing = pick(random, things);
    let total = list[0] as number;
    const sums = [total];
    const steps = list.slice(1).map((number) => {
      const before = total;
      total += number;
      sums.push(total);
      return `${then}, {we add ${number}|${number} is added}: ${before} + ${number} = ${total}. `;
    });
    return {
      values: list,
      wordings: [
        `{Write|Give me|Find} the running totals of {the list |}${commas(list)}.`,
        `What are the running totals {of|for} the numbers ${listed(list)}?`,
        `${name} {finds|gets} ${listed(list)} ${thing} on ${list.length} days. How many ${thing} does ${she} have {after each day|at the end of each day}?`,
        `Add these numbers {one at a time|one by one} and {write down|give me} the total after each: ${commas(list)}.`,
        `{I start|We start} with 0 and add ${listed(list)}, {one after the other|one at a time}. What is the total after each step?`,
        `{Here are some numbers|I have these numbers}: ${commas(list)}. For each one, {give|find} the sum of all the numbers up to it.`,
        `${name} has no ${thing} at first and then gets ${listed(list)} of them, {day by day|one day after the other}. How many {are there|does ${she} have} after each day?`,
        `A box is empty, and ${name} puts ${listed(list)} ${thing} into it, {one after the other|in this order}. How many are in it after each time?`,
        `{Keep|Please keep} a running total while you add ${listed(list)}. What {are the totals|do you write down}?`,
        `What {is|would be} the total after each number if {we|you} add ${listed(list)} in this order?`,
        `I {want|would like} to know the running totals {when|if} ${listed(list)} are added {one by one|in this order}.`,
        `The running totals are {needed|wanted} for the list ${commas(list)}. {What are they?|Write them down.}`,
        `${name} adds the numbers ${commas(list)} one at a time and writes down each total. What does ${she} write?`,
        `The first total is just the first number, and each later one adds the next number. {Find|Give me} all totals for ${commas(list)}.`,
        `{Turn|Change} the list ${commas(list)} into its running totals.`,
        `After each day, how many ${thing} has ${name} found in {all|total}, if ${she} finds ${listed(list)} of them, day {by|after} day?`,
        `How does the total grow, {number by number|step by step}, {when|as} ${listed(list)} are added? {Write|Give} all totals.`,
        `Day after day, ${name} reads ${listed(list)} pages of a book. How many pages has ${she} read in {all|total} by the end of each day?`,
        `What are the totals, {number by number|one after the other}? {We|You} add ${listed(list)}.`,
        `If we go through the list ${commas(list)} and add the numbers one by one, what are the running totals?`,
      ],
      ...withResult(
        `${opening}The numbers are ${commas(list)}. {The first total is|We start with} ${sums[0]}. ${steps.join("")}` +
          `${so}, the {running totals|totals, in order,} are ${commas(sums)}.`,
        commas(sums),
      ),
    };
  },
};

const repeats: Story = {
  name: "repeats",
  draw(random) {
    const [item, items] = pick(random, [
      ["name", several(random, names, 5)] as const,
      ["word", several(random, nouns, 5)] as const,
      ["number", numbers(random, 5)] as const,
    ]);
    const list = Array.from({ length: integer(random, 5, 7) }, () => pick<string | number>(random, items));
    const kept = list.filter((one, index) => list.indexOf(one) === index);
    if (kept.length < 2 || kept.length === list.length) return undefined;
    const steps = list.map((one, index) =>
      list.indexOf(one) === index
        ? `${one} is new, so {we keep it|it stays}`
        : `${one} {is a repeat|was there before}, so {we leave it out|it goes|we drop it}`,
    );
    return {
      values: list,
      wordings: [
        `{Remove|Drop} the {repeats|duplicates} from the list ${commas(list)}.`,
        `Here is a list of ${item}s: ${commas(list)}. At least one ${item} {appears|occurs} more than once. Keep only the first of each.`,
        `{Which|What} different ${item}s are {in|on} the list ${commas(list)}? {Give|Write} them in the order of the list.`,
        `What {is left|remains} of the list ${commas(list)} if {each|every} ${item} may {appear|occur} only once?`,
        `I want {each|every} ${item} only once. {Please shorten|Shorten} the list ${commas(list)}.`,
        `{My list|The list} ${commas(list)} has {repeats|duplicates}. {Please rewrite|Rewrite} it without them.`,
        `{Write|Give me} {each|every} ${item} of the list ${commas(list)} {only|just} once, in the {same order|order of the list}.`,
        `Somebody {wrote|has written} the ${item}s ${listed(list)} and {wants|needs} each of them {only|just} once. What {is|will be} the new list?`,
        `{Which|What} ${item}s are there in ${commas(list)}, if a ${item} that comes again is not {written|counted} again?`,
        `{No ${item} may|A ${item} must not} {appear|occur|come} twice. {Shorten|Please shorten} the list ${commas(list)}.`,
        `{Please go|Go} through ${commas(list)} and {leave out|drop} each ${item} that was there before.`,
        `There are {repeats|duplicates} in ${commas(list)}. What {does the list look like|is the list} without them?`,
        `I {want|would like} to know which different ${item}s the list ${commas(list)} has, in the {same order|order of the list}.`,
        `Without {its repeats|its duplicates|what comes again}, what {is|remains of|is left of} the list ${commas(list)}?`,
        `{Keep|Write} {a|each} ${item} only when you see it for the first time: ${commas(list)}.`,
        `The same ${item} {comes|appears} more than once in the list ${commas(list)}. {Take out|Remove} {every|each} repeat.`,
        `The ${item}s ${listed(list)} are {called|read} out, and you write each one down only the first time. What {is your list|do you write}?`,
        `From ${commas(list)}, {make|write} a list in which each ${item} {stands|occurs} only once.`,
        `{Which|What} ${item}s stay if each one is {kept|written} only the first time? {The list is|Here is the list:} ${commas(list)}.`,
        `If we {drop|remove} {all repeats|all duplicates}, what is the new list? The ${item}s are ${commas(list)}.`,
      ],
      ...withResult(
        `${opening}The list is ${commas(list)}. {One by one|We go through it}: ${steps.join("; ")}. ` +
          `${so}, {we are left with|what is left is} ${commas(kept)}.`,
        commas(kept),
      ),
    };
  },
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const place: Story = {
  name: "place",
  draw(random) {
    const line = several(random, names, integer(random, 5, 6));
    const end = pick(random, ["front", "back"]);
    const counted = end === "front" ? line : line.toReversed();
    const at = integer(random, 3, line.length);
    const found = counted[at - 1] as string;
    const asksWho = random() < 0.5;
    const ask = asksWho ? `who is in place ${at}` : `what place does ${found} have`;
    const told = asksWho ? ask : `what place ${found} has`;
    const steps = counted.slice(0, at).map((name, index) => `${name} is {number|in place} ${index + 1}`);
    return {
      values: [...line, end, ask],
      wordings: [
        `${listed(line)} {stand|wait} in a line, in this order. Counting from the ${end}, ${ask}?`,
        `Here {is a line of people|are the people in a line}, from front to back: ${commas(line)}. ${capital(ask)}, counting from the ${end}?`,
        `Counting from the ${end}, ${ask} in the line ${commas(line)}?`,
        `{Look at|Take} the line ${commas(line)}. If {you count|we count} from the ${end}, ${ask}?`,
        `${line[0]} is at the front of a line, and {then|after that} come ${listed(line.slice(1))}. ${capital(ask)}, {counting|counted} from the ${end}?`,
        `{I see|There are} ${line.length} people in a line: ${commas(line)}, {from first to last|from front to back}. ${capital(ask)} if {I count|we count} from the ${end}?`,
        `${capital(ask)}, counting from the ${end}, if {a line|the line} is, from front to back, ${commas(line)}?`,
        `I {want|would like} to know ${told}, {counting|counted} from the ${end}. In the line {stand|wait} ${listed(line)}, {from front to back|from first to last}.`,
        `From {front to back|first to last}, {the line is|the names are} ${commas(line)}. {Tell|Please tell} me ${told}, counting from the ${end}.`,
        `{Count|Please count} from the ${end}: ${ask} if ${listed(line)} {stand|wait} in a line, from {front to back|first to last}?`,
        `We count a line from the ${end}. {In it are|It has} ${listed(line)}, from {front to back|first to last}. ${capital(ask)}?`,
        `A line goes from ${line[0]} at the front to ${line.at(-1)} at the back: ${commas(line)}. ${capital(ask)} {if|when} you count from the ${end}?`,
        `${listed(line)} {stand|wait} in a line at the {station|market|library}, and ${line[0]} is at the front. Counted from the ${end}, ${ask}?`,
        `Somebody counts a line from the ${end}. The names, from {front to back|first to last}, are ${listed(line)}. ${capital(ask)}?`,
        `In a line with ${listed(line)}, where ${line[0]} is {first|at the front}, ${ask} {if|when} {we count|I count} from the ${end}?`,
        `${capital(ask)}, if the one at the ${end} is in place 1? {The line, from front to back,|From front to back, the line} is ${commas(line)}.`,
        `{Can|Could} you tell me ${told} in the line ${commas(line)}, {counting|counted} from the ${end}?`,
        `{Tell me|Say} ${told}, counting from the ${end} of a line in which ${listed(line)} {stand|wait} in this order.`,
        `Seen from the ${end}, ${ask}? From front to back, {there are|I see} ${listed(line)}.`,
        `{Start|Begin} with the one at the ${end}, {walk|go} along the line ${commas(line)}, and tell me ${told}.`,
        `The people in a line are, from first to last, ${listed(line)}. If you start at the ${end} and count, ${ask}?`,
      ],
      ...withResult(
        `${opening}{From front to back|From first to last}, the line is ${commas(line)}. {We count|Counting} from the ${end}` +
          `: ${steps.join(", ")}. ${so}, ${asksWho ? `the one in place ${at} is ${found}` : `the place of ${found} is ${at}`}.`,
        asksWho ? found : at,
      ),
    };
  },
};

export const lists: Family = {
  name: "lists",
  stories: [sort, filter, alphabet, words, difference, totals, repeats, place],
  kinds: [names, colors, nouns],
};
