/**
 * Spelling, counting and changing the letters of words. The reasoning names the letters one by one, so that each is a
 * token, and a result that is no English word has hyphens between its letters.
 */

import { names, opening, people, so, then } from "../lexicon.ts";
import { type Family, integer, pick, type Story, several, withResult } from "../problem.ts";
import { commas, listed } from "./join.ts";
import { nouns } from "./nouns.ts";

/** What the question says of the result. */
const hyphens = "with hyphens between the letters";
const useHyphens = "{Put|Use} hyphens between the letters.";
const alphabet = [..."abcdefghijklmnopqrstuvwxyz"];

const spell = (word: string): string => commas([...word]);
const hyphened = (letters: readonly string[]): string => letters.join("-");

const reverse: Story = {
  name: "reverse",
  draw(random) {
    const word = pick(random, nouns);
    const { name, she } = pick(random, people);
    const letters = [...word].toReversed();
    const steps = letters.slice(1, -1).map((letter) => `, {then|and then} ${letter}`);
    return {
      values: [word, name],
      wordings: [
        `${name} {writes|types} the word ${word} backwards, ${hyphens}. {What does ${she} get?|What is the result?}`,
        `{Help|Please help} ${name} {write|spell} the word ${word} {backwards|in reverse}, ${hyphens}.`,
        `${name} asks: how {do you|would you} {write|spell} ${word} backwards, ${hyphens}?`,
        `If ${name} reads the letters of ${word} from the last to the first, what {is the result|does ${she} get}? ${useHyphens}`,
        `The word is ${word}, and ${name} {wants|needs} its letters in reverse. {Write|Show} them with hyphens between them.`,
        `What is ${word} {spelled backwards|in reverse}? ${name} {wants|would like} it ${hyphens}.`,
        `With hyphens between the letters, {please write|write|spell} the word ${word} backwards for ${name}.`,
        `${name} {starts|begins} with the last letter of ${word} and goes back to the first. What does ${she} {write|spell}, ${hyphens}?`,
        `Backwards, how does ${name} {write|spell} the word ${word}? ${useHyphens}`,
        `A word that ${name} {knows|likes} is ${word}. {How is it spelled|What is it} in reverse, ${hyphens}?`,
        `Which letters does ${name} {see|find} from right to left in ${word}? ${useHyphens}`,
        `I {want|would like} to know what ${name} gets {when|if} ${she} {puts|writes} the letters of ${word} in reverse order. ${useHyphens}`,
        `{Use|Put} hyphens between the letters and {write|spell} ${word} in reverse, {as ${name} wants it|for ${name}}.`,
        `In reverse: that is how ${name} {wants|needs} the word ${word}. {Write|Show} it ${hyphens}.`,
        `The letters of ${word} are {put in reverse order|turned around} by ${name}. What is the result, ${hyphens}?`,
        `${name} {looks at|sees} ${word} in a mirror, so that the last letter comes first. {Write|Show} the letters in that order, ${hyphens}.`,
        `Can you {spell|write} backwards? ${name} {asks|wants} you to do it with the word ${word}, ${hyphens}.`,
        `From the end to the beginning, ${name} {says|reads} each letter of ${word}. {What is the result|What does ${she} say}? ${useHyphens}`,
        `${name} has the word ${word} and would like to read it from the last letter to the first, ${hyphens}. What does ${she} get?`,
      ],
      ...withResult(
        `${opening}${name} {needs|wants} the word ${word} backwards. {The letters are|It has the letters} ${spell(word)}. ` +
          `{We start|We begin} at the end: ${letters[0]}${steps.join("")}, and {finally|lastly} ${letters.at(-1)}. ` +
          `${so}, {the letters backwards are|backwards we get|in reverse we get} ${commas(letters)}.`,
        hyphened(letters),
      ),
    };
  },
};

/** The letters of a word, each with the number of times that a letter has been seen with it, counting from `count`. */
function runningCount(word: string, letter: string, count: number): string {
  let seen = count;
  return [...word]
    .map((one) => {
      if (one === letter) seen++;
      return `${one} ${seen}`;
    })
    .join(", ");
}

const count: Story = {
  name: "count",
  draw(random) {
    const [first, second] = several(random, nouns, 2) as [string, string];
    const letter = random() < 0.1 ? pick(random, alphabet) : pick(random, [...`${first}${second}`]);
    const { name, she } = pick(random, people);
    const inFirst = first.split(letter).length - 1;
    const total = inFirst + second.split(letter).length - 1;
    const times = total === 1 ? "once" : `${total} times`;
    return {
      values: [letter, first, second],
      wordings: [
        `How {often|many times} does the letter ${letter} {occur|appear} in the words ${first} and ${second}{ together|}?`,
        `{Count|Please count} how {often|many times} the letter ${letter} {is used|occurs} in the words ${first} and ${second}.`,
        `Take the words ${first} and ${second}. How {often|many times} do they contain the letter ${letter}{ in total|}?`,
        `If {I write|I spell} the words ${first} and ${second}, how {often|many times} do I {need|use} the letter ${letter}?`,
        `I am looking for the letter ${letter} in ${first} and ${second}. How {often|many times} {do I find it|does it occur} in total?`,
        `{Tell me|Say} how {often|many times} there is {a letter|the letter} ${letter} in the two words ${first} and ${second}.`,
        `The letter is ${letter}, and the words are ${first} and ${second}. How {often|many times} {does it occur|is it used} in {them|the words}?`,
        `In ${first} and ${second} together, how {often|many times} do {you|we} {see|find} the letter ${letter}?`,
        `${name} {writes|types} ${first} and {then|after that} ${second}. How {often|many times} does ${she} {need|use} the letter ${letter}?`,
        `Of all the letters in ${first} and ${second}, how many are ${letter}?`,
        `I {want|would like} to know how {often|many times} ${letter} {occurs|appears} in ${first} and ${second} {together|in total}.`,
        `{Look for|Find} the letter ${letter} in the word ${first} and in the word ${second}. How many are there in {all|total}?`,
        `{Spell|Write} ${first}, then {spell|write} ${second}. How {often|many times} {do you need|did you use} the letter ${letter}?`,
        `What is the number of times that the letter ${letter} {occurs|appears} in ${first} and ${second}?`,
        `${name} {paints|colors} every ${letter} in the words ${first} and ${second} red. How many red letters are there?`,
        `Is the letter ${letter} in ${first}, in ${second}, or in both? {Count|Please count} how {often|many times} it occurs in total.`,
        `To {write|spell} ${first} and ${second}, how {often|many times} {do you need|must you write} the letter ${letter}?`,
        `{There is|Take} the letter ${letter}, and there are the words ${first} and ${second}. {Count|Find} how {often|many times} the letter is used.`,
        `I have two words, ${first} and ${second}. How many times in total do I find the letter ${letter} in them?`,
      ],
      ...withResult(
        `${opening}{We count|We look for} the letter ${letter} in ${first} and ${second}. The letters of ${first} are ` +
          `${spell(first)}. {Counting along|With a running count}: ${runningCount(first, letter, 0)}. The letters of ` +
          `${second} are ${spell(second)}. {Counting on|We count on}: ${runningCount(second, letter, inFirst)}. ` +
          `${so}, the letter ${letter} {occurs|appears} ${times}.`,
        total,
      ),
    };
  },
};

const vowels: Story = {
  name: "vowels",
  draw(random) {
    const word = pick(random, nouns);
    const { name, she } = pick(random, people);
    const kept = [...word].filter((letter) => !"aeiou".includes(letter));
    const all = "(a, e, i, o, u)";
    const steps = [...word].map(
      (letter) => `${letter} ${kept.includes(letter) ? "{stays|is kept}" : "is a vowel and {goes|is left out}"}`,
    );
    return {
      values: [word, name],
      wordings: [
        `${name} {removes|drops} the vowels ${all} from the word ${word}. What {is left|remains}, ${hyphens}?`,
        `{Help|Please help} ${name} {write|spell} the word ${word} without its vowels ${all}, ${hyphens}.`,
        `${name} asks what {is left|remains} of ${word} without the vowels ${all}. {Answer|Write the answer} ${hyphens}.`,
        `If ${name} {leaves out|drops} every vowel ${all} {in|of} the word ${word}, what {is the result|does ${she} get}? ${useHyphens}`,
        `The word is ${word}, and ${name} {wants|needs} the letters that are not vowels ${all}. {Write|Show} them with hyphens between them.`,
        `Without the vowels ${all}, how does ${name} {write|spell} the word ${word}? ${useHyphens}`,
        `Only the letters that are not vowels ${all} stay when ${name} {writes|types} ${word}. What {is left|remains}, ${hyphens}?`,
        `With hyphens between the letters, what {is left|remains} of ${word} {when|after} ${name} {removes|drops} its vowels ${all}?`,
        `The vowels ${all} are {removed|dropped|left out} by ${name}. What {is left|remains} of ${word}, ${hyphens}?`,
        `${name} {does not like|never writes} the vowels ${all}. How does ${she} {write|spell} the word ${word}, ${hyphens}?`,
        `I {want|would like} to know how ${word} {looks|is written} when ${name} {removes|leaves out} the vowels ${all}. ${useHyphens}`,
        `From the word ${word}, ${name} takes {away|out} the vowels ${all}. {Write|Show} {what is left|the rest} ${hyphens}.`,
        `{Take|Look at} the word ${word}. {When|If} the vowels ${all} {are left out|go}, what does ${name} {read|see}? ${useHyphens}`,
        `All vowels ${all} {have to|must} go: {help|please help} ${name} with the word ${word}. {Write|Show} {the rest|what is left} ${hyphens}.`,
        `The word that ${name} {writes|types} is ${word}, but the keys for the vowels ${all} do not work. {What is the result|What does ${she} get}, ${hyphens}?`,
        `{Which|What} letters {are left|remain} in ${word} {if|when} the vowels ${all} are {removed|taken out} by ${name}? ${useHyphens}`,
        `{Remove|Drop|Leave out} the vowels ${all} from ${word} for ${name}, and put hyphens between the letters that {are left|remain}.`,
        `For ${name}, {write|spell} the word ${word} ${hyphens}, but without the vowels ${all}.`,
        `What does ${name} get, ${hyphens}, if ${she} writes ${word} and leaves out the vowels ${all}?`,
      ],
      ...withResult(
        `${opening}${name} {needs|wants} the word ${word} without vowels. {The letters are|It has the letters} ` +
          `${spell(word)}. {One by one|We go through them}: ${steps.join(", ")}. ${so}, {what is left is|we get} ${commas(kept)}.`,
        hyphened(kept),
      ),
    };
  },
};

const ends: Story = {
  name: "ends",
  draw(random) {
    const list = several(random, nouns, integer(random, 4, 6));
    const { name, she } = pick(random, people);
    const which = pick(random, ["first", "last"] as const);
    const letters = list.map((word) => (which === "first" ? word.charAt(0) : word.slice(-1)));
    const has = which === "first" ? "{begins|starts} with" : "ends {with|in}";
    const steps = list.map((word, index) => `${word} ${has} ${letters[index]}`);
    return {
      values: [which, ...list],
      wordings: [
        `{Take|Write down} the ${which} letter of each word and join them with hyphens: ${commas(list)}.`,
        `What {is the result|do you get} if you join the ${which} letters of ${listed(list)} with hyphens?`,
        `{Here are some words|I have these words}: ${commas(list)}. {Write|Show} their ${which} letters in order, ${hyphens}.`,
        `The words are ${commas(list)}. What {are|is the list of} their ${which} letters, with hyphens between them?`,
        `${name} keeps only the ${which} letter of each word: ${commas(list)}. What does ${she} {get|have}, ${hyphens}?`,
        `{I need|I want} the ${which} letters of the words ${listed(list)}. {Join|Please join} them with hyphens.`,
        `From each of the words ${listed(list)}, take the ${which} letter. What {do you get|is the result}, ${hyphens}?`,
        `${name} {looks at|reads} the ${which} letters of ${listed(list)}. {What are they|What does ${she} see}, ${hyphens}?`,
        `{Join|Please join} with hyphens the ${which} letters of these words: ${commas(list)}.`,
        `Only the ${which} letter of a word {counts|is needed} here. {Write|Show} the letters for ${listed(list)}, ${hyphens}.`,
        `I {want|would like} to know what the ${which} letters of ${listed(list)} are, ${hyphens}.`,
        `With hyphens between them, {write|give me|show me} the ${which} letters of ${listed(list)}.`,
        `For the words ${listed(list)}, what is the ${which} letter of each? {Join|Write} the letters with hyphens.`,
        `Each word gives its ${which} letter: ${commas(list)}. What {is the result|do we get}, ${hyphens}?`,
        `${name} makes {a code|a new word} from the ${which} letters of ${listed(list)}. What is it, ${hyphens}?`,
        `A code is made of the ${which} letters of some words. {The words are|The list is} ${commas(list)}. {Write|Show} the code ${hyphens}.`,
        `{Please go|Go} through the list ${commas(list)} and write down the ${which} letter of {every|each} word, ${hyphens}.`,
        `Of each word on the list ${commas(list)}, ${name} {wants|needs} the ${which} letter. {Write|Show} the letters with hyphens between them.`,
        `If I take the words ${listed(list)} and write only the ${which} letter of each, what do I get, ${hyphens}?`,
      ],
      ...withResult(
        `${opening}{We take|We need} the ${which} letter of each word. {One by one|We go through them}: ` +
          `${steps.join(", ")}. ${so}, {the letters are|we get} ${commas(letters)}.`,
        hyphened(letters),
      ),
    };
  },
};

const replace: Story = {
  name: "replace",
  draw(random) {
    const word = pick(random, nouns);
    const { name, she } = pick(random, people);
    const from = pick(random, [...word]);
    const to = pick(random, alphabet);
    if (word.includes(to)) return undefined;
    const letters = [...word].map((letter) => (letter === from ? to : letter));
    const steps = [...word].map((letter) =>
      letter === from ? `${letter} {becomes|turns into} ${to}` : `${letter} {stays|is kept}`,
    );
    return {
      values: [word, from, to],
      wordings: [
        `Replace {every|each} ${from} in the word ${word} {with|by} ${to}. {Write|Show} the result ${hyphens}.`,
        `What does the word ${word} become if {every|each} ${from} {turns into|is changed to} ${to}? ${useHyphens}`,
        `In the word ${word}, the letter ${from} is {replaced by|changed to} ${to} {everywhere|each time}. {Write|Show} the result ${hyphens}.`,
        `{Write|Please write} ${word} with ${to} {instead of|in place of} ${from}, and put hyphens between the letters.`,
        `${name} always {writes|types} ${to} instead of ${from}. How does ${she} {write|spell} the word ${word}, ${hyphens}?`,
        `If I {change|turn} {every|each} ${from} in ${word} into ${to}, what {do I get|is the result}? ${useHyphens}`,
        `Take the word ${word} and {put|write} ${to} {where|each time that} you see the letter ${from}. ${useHyphens}`,
        `Where ${word} has the letter ${from}, ${name} {writes|types} ${to}. {What is the result|What does ${she} get}, ${hyphens}?`,
        `${name} {changes|turns} {each|every} ${from} into ${to}. What does ${she} {make of|get for} the word ${word}, ${hyphens}?`,
        `The letter ${to} {takes|is to take} the place of ${from} in the word ${word}. {Write|Show} the result ${hyphens}.`,
        `If ${to} {stands|is written} for ${from}, how is ${word} {written|spelled}? ${useHyphens}`,
        `I {want|would like} to know what ${word} looks like with ${to} {for|instead of} {each|every} ${from}. ${useHyphens}`,
        `With hyphens between the letters, {write|spell} the word ${word}, but use ${to} for {each|every} ${from}.`,
        `The key for ${from} does not work, so ${name} {uses|types} ${to} {instead|in its place}. How does ${she} {write|type} ${word}, ${hyphens}?`,
        `{Each|Every} ${from} becomes ${to}, and all other letters {stay|are kept}. What do {we|you} get for the word ${word}, ${hyphens}?`,
        `In a code, the letter ${from} is written as ${to}. How {do|would} you write ${word} in it, ${hyphens}?`,
        `Use ${to}, not ${from}, {when|if} you {write|spell} the word ${word}, and put hyphens between the letters.`,
        `${name} {has|sees} the word ${word} and {puts|writes} ${to} over {each|every} ${from}. What {can ${she} read now|is the result}, ${hyphens}?`,
        `The word is ${word}. Show it ${hyphens}, and with ${to} in place of each ${from}.`,
      ],
      ...withResult(
        `${opening}{We write|We put} ${to} for ${from} in the word ${word}. {The letters are|It has the letters} ` +
          `${spell(word)}. {One by one|We go through them}: ${steps.join(", ")}. ${so}, {the letters are now|we get} ${commas(letters)}.`,
        hyphened(letters),
      ),
    };
  },
};

const swap: Story = {
  name: "swap",
  draw(random) {
    const word = pick(random, nouns);
    const { name, she } = pick(random, people);
    const letters = [...word];
    const places = ["first", "second", "third", "last"].filter((_, index) => index !== 2 || word.length > 3);
    const [first, second] = several(random, places, 2).toSorted((a, b) => places.indexOf(a) - places.indexOf(b));
    const i = places.indexOf(first as string);
    const j = second === "last" ? word.length - 1 : places.indexOf(second as string);
    const [one, other] = [letters[i] as string, letters[j] as string];
    if (one === other) return undefined;
    letters[i] = other;
    letters[j] = one;
    return {
      values: [word, i, j, name],
      wordings: [
        `${name} {swaps|exchanges} the ${first} and the ${second} letter of the word ${word}. {What is the result|What does ${she} get}, ${hyphens}?`,
        `{Help|Please help} ${name} swap two letters of the word ${word}: the ${first} and the ${second}. {Write|Show} the result ${hyphens}.`,
        `In the word ${word}, the ${first} and the ${second} letter {change|trade} places. {What does ${name} get|What can ${name} read now}, ${hyphens}?`,
        `If ${name} writes ${word} but {swaps|exchanges} the ${first} and the ${second} letter, what {does ${she} get|is the result}? ${useHyphens}`,
        `The word is ${word}, and ${name} puts the ${second} letter in place of the ${first} and the ${first} in place of the ${second}. {Write|Show} the result ${hyphens}.`,
        `${name} asks what ${word} becomes {if|when} its ${first} and its ${second} letter {change|trade} places. {Answer|Write the answer} ${hyphens}.`,
        `The ${second} letter of ${word} goes to the place of the ${first}, and the ${first} to the place of the ${second}. What does ${name} {get|read}, ${hyphens}?`,
        `The ${first} and the ${second} letter are {swapped|exchanged} by ${name} in the word ${word}. {Write|Show} the result ${hyphens}.`,
        `With hyphens between the letters, {write|show} the word ${word} after ${name} has {swapped|exchanged} its ${second} letter and its ${first}.`,
        `Two letters of a word {trade|change} places, the ${second} and the ${first}. ${name} {does this|tries it} with ${word}. {What is the result|What does ${she} get}, ${hyphens}?`,
        `${name} wanted to {write|type} ${word}, but {swapped|exchanged} the ${first} and the ${second} letter. {What is the result|What did ${she} get}, ${hyphens}?`,
        `I {want|would like} to know what ${name} gets {if|when} ${she} {swaps|exchanges} the ${second} letter of ${word} and the ${first}. ${useHyphens}`,
        `Take the word ${word} and let its ${second} letter {trade|change} places with its ${first}. {Show ${name} the result|Write the result for ${name}}, ${hyphens}.`,
        `{Exchange|Swap} the ${first} letter and the ${second} letter of ${word} for ${name}, and put hyphens between the letters.`,
        `${name} {does|makes} a swap of two letters, the ${first} and the ${second}, in the word ${word}. {Write|Show} the result ${hyphens}.`,
        `After a swap of the ${first} letter with the ${second}, what does ${name} {get|make} from ${word}? ${useHyphens}`,
        `On a card of ${name} is the word ${word}. Its ${first} and its ${second} letter are {swapped|exchanged}. What is on the card now, ${hyphens}?`,
        `The ${first} and the ${second}: these letters of ${word} {trade|change} places when ${name} writes it. What {is the result|does ${she} get}, ${hyphens}?`,
        `How does ${name} write ${word}, ${hyphens}, if the ${first} and the ${second} letter change places?`,
      ],
      ...withResult(
        `${opening}${name} {has|starts with} the word ${word}. {The letters are|It has the letters} ${spell(word)}. ` +
          `The ${first} letter is ${one}, and the ${second} letter is ${other}. {They trade places|We swap them}: the ` +
          `${first} letter is now ${other}, and the ${second} letter is now ${one}. ${so}, {the letters are now|we get} ${commas(letters)}.`,
        hyphened(letters),
      ),
    };
  },
};

/** What is written in upper case, with the index of its first letter and the index after its last. */
const parts = [
  { part: "every letter", from: 0, to: undefined },
  { part: "only the first letter", from: 0, to: 1 },
  { part: "only the last letter", from: -1, to: undefined },
  { part: "only the first two letters", from: 0, to: 2 },
  { part: "only the last two letters", from: -2, to: undefined },
] as const;

const capitals: Story = {
  name: "capitals",
  draw(random) {
    const word = pick(random, nouns);
    const { name, she } = pick(random, people);
    const { part, from, to } = pick(random, parts);
    const chosen = new Set([...word].map((_, index) => index).slice(from, to));
    const letters = [...word].map((letter, index) => (chosen.has(index) ? letter.toUpperCase() : letter));
    const steps = [...word].map((letter, index) =>
      chosen.has(index) ? `${letter} {becomes|turns into} ${letters[index]}` : `${letter} {stays|is kept}`,
    );
    return {
      values: [word, part, name],
      wordings: [
        `${name} {writes|types} the word ${word} with ${part} in upper case. {What is the result|What does ${she} get}, ${hyphens}?`,
        `{Help|Please help} ${name} put ${part} of the word ${word} in upper case. {Write|Show} the result ${hyphens}.`,
        `The word is ${word}, and ${name} {wants|needs} it with ${part} in upper case. {Write|Show} it ${hyphens}.`,
        `If ${name} puts ${part} of ${word} in upper case, what {is the result|does ${she} get}? ${useHyphens}`,
        `How does ${name} {write|spell} the word ${word} with ${part} in upper case? ${useHyphens}`,
        `${name} {writes|types} ${word} and puts ${part} in upper case. {Show|Write} that ${hyphens}.`,
        `With hyphens between the letters, {write|show} ${word} for ${name}, and put ${part} in upper case.`,
        `For ${name}, ${part} should be in upper case {when|if} ${she} {writes|types} the word ${word}. {Write|Show} the result ${hyphens}.`,
        `In upper case, ${name} {writes|types} ${part} of the word ${word}. {What is the result|What does ${she} get}, ${hyphens}?`,
        `I {want|would like} to know how ${word} looks {when|if} ${name} {writes|types} ${part} in upper case. ${useHyphens}`,
        `The word ${word} is {written|typed} by ${name}, with ${part} in upper case. {How does it look|What is the result}, ${hyphens}?`,
        `${name} {takes|has} the word ${word} and changes ${part} to upper case. {Write|Show} what ${she} gets, ${hyphens}.`,
        `Upper case is {wanted|needed} for ${part} of ${word}. How does ${name} {write|spell} it, ${hyphens}?`,
        `{Make|Please make} ${part} of ${word} upper case for ${name}, and put hyphens between the letters.`,
        `What does ${word} become {if|when} ${name} {writes|puts} ${part} in upper case? ${useHyphens}`,
        `${name} asks: how {do|would} you {write|spell} ${word} with ${part} in upper case, ${hyphens}?`,
        `A card for ${name} {should|must} say ${word}, but with ${part} in upper case. {Write|Show} it ${hyphens}.`,
        `Put ${part} in upper case: ${name} needs the word ${word} {like that|in this way}, ${hyphens}.`,
        `With ${part} in upper case, what does ${name} get for the word ${word}, ${hyphens}?`,
      ],
      ...withResult(
        `${opening}${name} {needs|wants} the word ${word} with ${part} in upper case. {The letters are|It has the letters} ` +
          `${spell(word)}. {One by one|We go through them}: ${steps.join(", ")}. ${so}, {the letters are now|we get} ${commas(letters)}.`,
        hyphened(letters),
      ),
    };
  },
};

const repeat: Story = {
  name: "repeat",
  draw(random) {
    const word = pick(random, nouns);
    const { name, she } = pick(random, people);
    const side = pick(random, ["first", "last"] as const);
    const length = integer(random, 2, 3);
    const times = integer(random, 2, 4);
    const letters = side === "first" ? [...word].slice(0, length) : [...word].slice(-length);
    const part = `${side} ${length === 2 ? "two" : "three"} letters`;
    const often = ["two times", "three times", "four times"][times - 2] as string;
    const row = (rounds: number): string[] => Array.from({ length: rounds }, () => letters).flat();
    const steps = Array.from(
      { length: times - 1 },
      (_, index) => `${then}, {we add them|we write them} again: ${commas(row(index + 2))}. `,
    );
    return {
      values: [word, part, times],
      wordings: [
        `Write the ${part} of the word ${word} ${often}{ in a row|}, ${hyphens}.`,
        `What {is the result|do you get} {if|when} you write the ${part} of ${word} ${often}? ${useHyphens}`,
        `Take the ${part} of the word ${word} and {write|put} them down ${often}. ${useHyphens}`,
        `${name} {says|types} the ${part} of ${word} ${often}. {Write|Show} that ${hyphens}.`,
        `The word is ${word}. {I want|I need} its ${part} ${often} in a row, ${hyphens}.`,
        `If I {type|write} only the ${part} of ${word}, but ${often}, what {is the result|do I get}? ${useHyphens}`,
        `{Write|Type}, ${often} in a row, the ${part} of {the word |}${word}. ${useHyphens}`,
        `{From|Out of} the word ${word}, ${name} {takes|keeps} only the ${part} and {writes|types} them ${often}. {What is the result|What does ${she} get}, ${hyphens}?`,
        `The ${part} of ${word} are {written|typed} ${often} by ${name}. {Write|Show} the result ${hyphens}.`,
        `What {is the result|do you see} {when|if} ${name} {writes|types}, ${often} in a row, the ${part} of ${word}? ${useHyphens}`,
        `I {want|would like} to know what {you get|we get} {if|when} the ${part} of ${word} are written ${often}. ${useHyphens}`,
        `With hyphens between the letters, {write|give me} the ${part} of the word ${word}, and {do it|do so} ${often}.`,
        `A bird says only the ${part} of ${word}, but it says them ${often}. {Write|Show} what it says, ${hyphens}.`,
        `${name} needs a code: the ${part} of ${word}, ${often} in a row. What is the code, ${hyphens}?`,
        `{Look at|Take} the word ${word}. What are its ${part}? {Write|Put} them down ${often}, ${hyphens}.`,
        `{Make|Write} a row of letters, ${often} the ${part} of ${word}, ${hyphens}.`,
        `{Repeat|Please repeat} the ${part} of ${word}, so that they {stand|are} there ${often}. ${useHyphens}`,
        `Of the word ${word}, {use|take} only the ${part}, and write them ${often}, ${hyphens}.`,
        `I have the word ${word} and I write down its ${part} ${often}. What do I get, ${hyphens}?`,
      ],
      ...withResult(
        `${opening}{We need|We want} the ${part} of ${word}, ${often}. {The letters are|It has the letters} ${spell(word)}. ` +
          `The ${part} are ${commas(letters)}. ${steps.join("")}That {is|makes} ${often}.`,
        hyphened(row(times)),
      ),
    };
  },
};

const numbered = (word: string): string => [...word].map((letter, index) => `${letter} ${index + 1}`).join(", ");

const lengths: Story = {
  name: "lengths",
  draw(random) {
    const [first, second] = several(random, nouns, 2) as [string, string];
    const { name, she } = pick(random, people);
    if (first.length === second.length) return undefined;
    const longest = random() < 0.5;
    const [longer, more] = longest ? ["longer", "more"] : ["shorter", "fewer"];
    const found = first.length > second.length === longest ? first : second;
    return {
      values: [longer as string, first, second],
      wordings: [
        `Which word is ${longer}, ${first} or ${second}?`,
        `Which of the words ${first} and ${second} has ${more} letters?`,
        `{Compare|Please compare} the lengths of {the words |}${first} and ${second}. Which {one|word} is ${longer}?`,
        `I {write|type} the words ${first} and ${second}. For which {one|of them} do I need ${more} letters?`,
        `${name} has to {write|type} ${first} or ${second} and {wants|would like} the ${longer} word. Which {one|word} does ${she} take?`,
        `{Count|Please count} the letters of ${first} and ${second}. Which {one|word} has ${more} letters?`,
        `{Take|Find} the ${longer} of the two words ${first} and ${second}. Which {one|word} is it?`,
        `Of ${first} and ${second}, which {is the ${longer} word|one has ${more} letters}?`,
        `${name} needs ${more} letters for one of the words ${first} and ${second} than for the other. {Which one is it|For which one}?`,
        `I {want|would like} to know which {one|word} of ${first} and ${second} {is ${longer}|has ${more} letters}.`,
        `Is ${first} the ${longer} word, or is it ${second}?`,
        `Between ${first} and ${second}, one word has ${more} letters than the other. {Which one|Which word is it}?`,
        `${name} {counts|compares} the letters of ${first} and of ${second}. In which word does ${she} find ${more}?`,
        `The ${longer} word {wins|is wanted}. Is it ${first} or ${second}?`,
        `{Tell me|Say} which {is ${longer}|has ${more} letters}, the word ${first} or the word ${second}.`,
        `If ${name} {writes|types} both ${first} and ${second}, which word {has ${more} letters|is ${longer}}?`,
        `Which of them {needs|uses} ${more} letters: the word ${first} or the word ${second}?`,
        `The word ${first} and the word ${second} differ in length. {Give|Tell} me the ${longer} one.`,
        `Which one do I take, ${first} or ${second}, if I need the word with ${more} letters?`,
      ],
      ...withResult(
        `${opening}{We count|First we count} the letters of both words. For ${first}, {we have|we get} ${numbered(first)}, so ` +
          `${first} has ${first.length} letters. For ${second}, {we have|we get} ${numbered(second)}, so ${second} has ` +
          `${second.length} letters. ${first.length} is ${first.length > second.length ? "more" : "less"} than ` +
          `${second.length}. ${so}, the ${longer} word is ${found}.`,
        found,
      ),
    };
  },
};

export const strings: Family = {
  name: "strings",
  stories: [reverse, count, vowels, ends, replace, swap, capitals, repeat, lengths],
  kinds: [names, nouns],
};
