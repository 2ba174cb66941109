/**
 * The training problems of the built-in pair: word problems of two or three arithmetic steps, with all right answers.
 *
 * An answer is a list of segments, each with one or more equally good phrasings, so a problem has many right answers.
 * `firstError` finds the first character at which a text leaves the set of right answers; this gives the labels for the
 * judge.
 */

/** A source of uniform numbers in [0, 1). Always passed as an argument. */
export type Random = () => number;

/** A question with the set of its right answers. */
export interface Problem {
  readonly family: string;
  /** The numbers in the question. With the family, they decide the side of the split. */
  readonly numbers: readonly number[];
  readonly question: string;
  /** Segments in order; each lists its interchangeable phrasings. */
  readonly answer: readonly (readonly string[])[];
  /** The number after `####`; absent for small talk. */
  readonly result?: number | undefined;
}

interface Person {
  readonly name: string;
  readonly she: string;
}

const people: readonly Person[] = [
  ...["Anna", "Mia", "Ella", "Sara", "Nora", "Lucy", "Ruth", "Ivy", "Clara", "Maya"].map((name) => ({
    name,
    she: "she",
  })),
  ...["Ben", "Tom", "Leo", "Max", "Sam", "Noah", "Paul", "Omar", "Finn", "Hugo"].map((name) => ({ name, she: "he" })),
];
const things = [
  "apples",
  "marbles",
  "stamps",
  "pencils",
  "cards",
  "shells",
  "buttons",
  "cookies",
  "stickers",
  "coins",
  "beads",
  "nuts",
];
const holders = ["boxes", "bags", "jars", "baskets", "packs"];
const goods = ["pen", "book", "ball", "kite", "cup", "hat", "lamp", "drum"];
const plants = ["tulips", "roses", "beans", "carrots", "onions", "lilies"];
const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

const integer = (random: Random, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** "{a|b} c" → [["a", "b"], [" c"]]. Braces do not nest. */
function segments(template: string): string[][] {
  return template
    .split(/(\{[^}]*\})/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("{") ? part.slice(1, -1).split("|") : [part]));
}

/** An answer with one phrasing of every segment, drawn uniformly. */
export function phrase(answer: readonly (readonly string[])[], random: Random): string {
  return answer.map((options) => pick(random, options)).join("");
}

interface Draft {
  readonly numbers: readonly number[];
  readonly question: string;
  readonly steps: string;
  readonly result: number;
}

const opening =
  "{Let us work it out|Let me think|We can go step by step|Here is the way|Let us take it in steps}{.|:} ";
const sum = "{In total|Altogether|All together|Together}";
const then = "{Then|Next|After that|Now}";
const so = "{So|Therefore|Hence|In short}";

const families: Record<string, (random: Random) => Draft> = {
  boxes(random) {
    const [who, friend] = [pick(random, people), pick(random, people)];
    const [a, b] = [integer(random, 2, 9), integer(random, 2, 9)];
    const c = integer(random, 1, a * b - 1);
    const [thing, holder] = [pick(random, things), pick(random, holders)];
    const n = who.name;
    return {
      numbers: [a, b, c],
      question: pick(random, [
        `${n} has ${a} ${holder} with ${b} ${thing} in each. Then ${who.she} gives ${c} ${thing} to ${friend.name}. How many ${thing} are left?`,
        `There are ${b} ${thing} in each of the ${a} ${holder} of ${n}. ${friend.name} gets ${c} of them. How many ${thing} does ${n} still have?`,
      ]),
      steps:
        `{At first|At the start|In the beginning}{,|} ${n} {has|owns} ${a} ${holder}{, and each holds| with| of} ${b} ${thing}. ` +
        `${sum}{,| that makes| this gives} ${a} * ${b} = ${a * b} ${thing}. ` +
        `${then}{,|} ${friend.name} {gets|takes|receives} ${c} of them{, so we subtract|, which leaves|, and what is left is} ${a * b} - ${c} = ${a * b - c}. ` +
        `${so}{,|} {there are|${n} has|${n} still has} ${a * b - c} ${thing} {left|now|in the end}.`,
      result: a * b - c,
    };
  },
  shop(random) {
    const who = pick(random, people);
    const [x, y] = [pick(random, goods), pick(random, goods)];
    const [a, b, c] = [integer(random, 2, 9), integer(random, 2, 30), integer(random, 2, 9)];
    if (x === y) return families["shop"]?.(random) as Draft;
    return {
      numbers: [a, b, c],
      question: pick(random, [
        `A ${x} costs ${a} coins and a ${y} costs ${b} coins. ${who.name} buys ${c} ${x}s and one ${y}. How many coins does ${who.she} pay?`,
        `${who.name} wants ${c} ${x}s and one ${y}. Each ${x} costs ${a} coins, the ${y} costs ${b}. How much must ${who.she} pay?`,
      ]),
      steps:
        `{One|Each|A single} ${x} {costs|is|comes to} ${a} coins{, so|; therefore|, and so} ${c} ${x}s {cost|are|come to} ${c} * ${a} = ${a * c} coins. ` +
        `${then}{,|} {we add|add|we count} the ${y} {for|at} ${b} coins{: | and get |, which makes }${a * c} + ${b} = ${a * c + b}. ` +
        `${so}{,|} ${who.name} {pays|must pay|has to pay} ${a * c + b} coins{ in all| in total| altogether|}.`,
      result: a * c + b,
    };
  },
  savings(random) {
    const who = pick(random, people);
    const [a, b, c] = [integer(random, 5, 60), integer(random, 2, 9), integer(random, 2, 7)];
    return {
      numbers: [a, b, c],
      question: pick(random, [
        `${who.name} has ${a} coins and saves ${b} coins every day. How many coins does ${who.she} have after ${c} days?`,
        `Every day ${who.name} earns ${b} coins. ${who.name} already has ${a}. How many coins are there after ${c} days?`,
      ]),
      steps:
        `${who.name} {saves|earns|puts away} ${b} coins {a day|each day|every day}. ` +
        `{In|Over|During} ${c} days{,| that is| this makes} ${c} * ${b} = ${b * c} coins. ` +
        `${then}{,|} we add {this|these coins|them} to the ${a} coins {from before|from the start|already there}{: |, which gives |, and get }${a} + ${b * c} = ${a + b * c}. ` +
        `${so}{,|} {in the end|after ${c} days} ${who.name} {has|owns} ${a + b * c} coins.`,
      result: a + b * c,
    };
  },
  reading(random) {
    const who = pick(random, people);
    const [a, b] = [integer(random, 5, 40), integer(random, 5, 40)];
    const t = a + b + integer(random, 3, 99 - Math.min(96, a + b) + 3);
    const [d, e] = [pick(random, days), pick(random, days)];
    if (d === e) return families["reading"]?.(random) as Draft;
    return {
      numbers: [a, b, t],
      question: pick(random, [
        `A book has ${t} pages. ${who.name} reads ${a} pages on ${d} and ${b} pages on ${e}. How many pages are left?`,
        `On ${d} ${who.name} reads ${a} pages, on ${e} ${b} pages. The book has ${t} pages. How many pages does ${who.she} still have to read?`,
      ]),
      steps:
        `{On ${d} and ${e}|On both days}{ together|}{,|} ${who.name} {reads|gets through|finishes} ${a} + ${b} = ${a + b} pages. ` +
        `The {book|whole book} {has|counts} ${t} pages{, so we subtract|, and we take away|; we subtract}{ them|}: ${t} - ${a + b} = ${t - a - b}. ` +
        `${so}{,|} ${t - a - b} pages {are left|remain|are still to be read}.`,
      result: t - a - b,
    };
  },
  sharing(random) {
    const who = pick(random, people);
    const [c, each] = [integer(random, 2, 9), integer(random, 2, 9)];
    const a = integer(random, 1, c * each - 1);
    const thing = pick(random, things);
    const [d, e] = [pick(random, days), pick(random, days)];
    if (d === e) return families["sharing"]?.(random) as Draft;
    const b = c * each - a;
    return {
      numbers: [a, b, c],
      question: pick(random, [
        `${who.name} finds ${a} ${thing} on ${d} and ${b} on ${e}. ${who.name} shares them equally among ${c} friends. How many ${thing} does each friend get?`,
        `On ${d} ${who.name} gets ${a} ${thing}, on ${e} another ${b}. If ${c} friends share all of them equally, how many ${thing} does each get?`,
      ]),
      steps:
        `{First|To begin with|First of all}{,|} we {add|count|put together} {what|all that|the ${thing} that} ${who.name} {has|got}: ${a} + ${b} = ${c * each} ${thing}. ` +
        `${then}{,|} {we share|we divide|they are shared} {among|between} ${c} friends{: |, which gives |, and that makes }${c * each} / ${c} = ${each}. ` +
        `${so}{,|} {each friend|every friend|each of them} {gets|receives} ${each} ${thing}.`,
      result: each,
    };
  },
  compare(random) {
    const [who, friend] = [pick(random, people), pick(random, people)];
    if (who === friend) return families["compare"]?.(random) as Draft;
    const [a, b] = [integer(random, 2, 40), integer(random, 2, 19)];
    const thing = pick(random, things);
    return {
      numbers: [a, b],
      question: pick(random, [
        `${who.name} has ${a} ${thing}. ${friend.name} has ${b} more than ${who.name}. How many ${thing} do they have together?`,
        `${friend.name} has ${b} more ${thing} than ${who.name}, who has ${a}. How many ${thing} do both have in total?`,
      ]),
      steps:
        `${who.name} {has|owns} ${a} ${thing}{, and| while|;} ${friend.name} {has|owns} ${b} more{: |, that is |, which makes }${a} + ${b} = ${a + b}. ` +
        `${sum}{,| that makes| this gives} ${a} + ${a + b} = ${a + a + b} ${thing}. ` +
        `${so}{,|} {they have|the two have|both have} ${a + a + b} ${thing} {together|in total|in all}.`,
      result: a + a + b,
    };
  },
  bus(random) {
    const a = integer(random, 6, 50);
    const b = integer(random, 1, a - 1);
    const c = integer(random, 1, 30);
    const vehicle = pick(random, ["bus", "train", "boat", "tram"]);
    return {
      numbers: [a, b, c],
      question: pick(random, [
        `A ${vehicle} carries ${a} people. At the next stop ${b} get off and ${c} get on. How many people are on the ${vehicle} now?`,
        `There are ${a} people on a ${vehicle}. ${b} of them leave, and ${c} others get on. How many people does the ${vehicle} carry then?`,
      ]),
      steps:
        `{At first|At the start|In the beginning}{,|} the ${vehicle} {has|carries} ${a} people{ on board|}. ` +
        `{When|After|Once} ${b} {get off|leave}, {there are|we have} ${a} - ${b} = ${a - b} {left|people left|people}. ` +
        `${then}{,|} ${c} {get on|come in|enter}{, which makes|, so we have|, and that gives} ${a - b} + ${c} = ${a - b + c}. ` +
        `${so}{,|} {there are|the ${vehicle} carries|we find} ${a - b + c} people {now|in the end|on the ${vehicle}}.`,
      result: a - b + c,
    };
  },
  garden(random) {
    const who = pick(random, people);
    const [x, y] = [pick(random, plants), pick(random, plants)];
    if (x === y) return families["garden"]?.(random) as Draft;
    const [a, b, c, d] = [integer(random, 2, 9), integer(random, 2, 9), integer(random, 2, 9), integer(random, 2, 9)];
    return {
      numbers: [a, b, c, d],
      question: pick(random, [
        `${who.name} plants ${a} rows of ${b} ${x} and ${c} rows of ${d} ${y}. How many plants are in the garden?`,
        `In the garden of ${who.name} there are ${a} rows with ${b} ${x} each and ${c} rows with ${d} ${y} each. How many plants are there?`,
      ]),
      steps:
        `{For the|Of the|As for the} ${x}{ there are|, we count|:} ${a} * ${b} = ${a * b}. ` +
        `{For the|Of the|As for the} ${y}{ there are|, we count|:} ${c} * ${d} = ${c * d}. ` +
        `${sum}{,| that makes| this gives} ${a * b} + ${c * d} = ${a * b + c * d} plants. ` +
        `${so}{,|} the {garden|garden of ${who.name}} {has|holds|contains} ${a * b + c * d} plants.`,
      result: a * b + c * d,
    };
  },
};

/** The names of the problem families, in a fixed order. */
export const familyNames: readonly string[] = Object.keys(families);

/** Whether a problem is held out. Splits by content, not by phrasing: one in ten (family, numbers) tuples is held out. */
function isHeldOut(family: string, numbers: readonly number[]): boolean {
  let hash = 2166136261;
  for (const char of `${family}:${numbers.join(",")}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % 10 === 0;
}

/** A random word problem on the given side of the split. */
export function wordProblem(random: Random, side: "train" | "held-out"): Problem {
  for (;;) {
    const family = pick(random, familyNames);
    const draft = families[family]?.(random) as Draft;
    if (isHeldOut(family, draft.numbers) !== (side === "held-out")) continue;
    const answer = segments(`${opening}${draft.steps}\n#### ${draft.result}`);
    return { family, numbers: draft.numbers, question: draft.question, answer, result: draft.result };
  }
}

const talk: readonly (readonly [readonly string[], string])[] = [
  [
    ["Hello!", "Hi!", "Hello", "Hi there", "Good morning!", "Hey"],
    "{Hello|Hi|Good day}{!| there!} {Tell me|Give me|Ask me} a {short|small} word problem{ with numbers|}, and I {will solve|solve} it step by step.",
  ],
  [
    ["Who are you?", "What are you?", "What is your name?"],
    "I am {a tiny|a very small} {language model|model} {trained|made} {for lenity|by the lenity project}. I {solve|work out} {short|small} word problems.",
  ],
  [
    ["What can you do?", "How can you help me?", "Help"],
    "I {solve|work out} {short|small} word problems {with whole numbers|about things, coins, pages and people}. {Just ask|Try me|Ask one}!",
  ],
  [
    ["Thank you!", "Thanks", "Thanks a lot!", "That is right, thank you."],
    "{You are welcome|With pleasure|Gladly}{!|.} {Ask me another one|Give me another one|Try another problem}{ if you like|}.",
  ],
  [["Goodbye!", "Bye", "See you!"], "{Goodbye|Bye|See you}{!| and good luck!|, and come back soon!}"],
];

/** A random greeting or question about the model itself, with its right answers. */
export function smallTalk(random: Random): Problem {
  const [questions, answer] = pick(random, talk);
  return { family: "talk", numbers: [], question: pick(random, questions), answer: segments(answer) };
}

/** The result in an answer: the number after the last `####`, or undefined. */
export function readResult(text: string): number | undefined {
  const match = [...text.matchAll(/####\s*(-?\d+)/g)].at(-1)?.[1];
  return match === undefined ? undefined : Number(match);
}

/**
 * The index of the first character of `text` with which it leaves the set of right answers, or `text.length` if `text`
 * is a right answer or the beginning of one.
 */
export function firstError(answer: Problem["answer"], text: string): number {
  let starts = new Set([0]);
  let furthest = 0;
  for (const options of answer) {
    const ends = new Set<number>();
    for (const start of starts) {
      for (const option of options) {
        let same = 0;
        while (same < option.length && start + same < text.length && option[same] === text[start + same]) same++;
        furthest = Math.max(furthest, start + same);
        if (same === option.length) ends.add(start + same);
      }
    }
    starts = ends;
  }
  return furthest;
}
