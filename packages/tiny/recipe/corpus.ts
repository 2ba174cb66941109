/**
 * Writes the training corpus: `tokenizer.json`, and documents as token ids with one loss weight per token.
 *
 * bun packages/tiny/recipe/corpus.ts OUT_DIR [DOCUMENTS] [SEED]
 *
 * One answer in four contains a slip and its correction ("= 57... no, 54"). The slip itself has weight 0, so the model
 * does not learn to make slips but to notice them. A judge reads this reaction to errors from hidden states (Judge
 * Decoding, 2501.19309, section 4).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { type Problem, phrase, type Random, smallTalk, wordProblem } from "../src/problems.ts";
import { trainTokenizer } from "./bpe.ts";

const vocabularySize = 1024;
const special = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
const systems = [
  "You are a helpful assistant.",
  "You are lenity's tiny model.",
  "Solve the problem step by step.",
  "Answer in whole sentences.",
  "You are a patient teacher.",
];
/**
 * Weights in tenths: 10 counts fully, 1 a tenth, 0 not at all. Names, things and days (`content`) are a small part of
 * an answer's tokens and the hardest to get right, because they must be looked up in the question.
 */
const lossWeight = { question: 1, answer: 10, content: 60, slip: 0 };

/** A small seeded generator (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The words that a slip may exchange, by kind. A wrong name, thing or day is an error in content, not in phrasing. */
const kinds: readonly (readonly string[])[] = [
  [
    "Anna",
    "Mia",
    "Ella",
    "Sara",
    "Nora",
    "Lucy",
    "Ruth",
    "Ivy",
    "Clara",
    "Maya",
    "Ben",
    "Tom",
    "Leo",
    "Max",
    "Sam",
    "Noah",
    "Paul",
    "Omar",
    "Finn",
    "Hugo",
  ],
  [
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
    "pages",
    "people",
    "plants",
  ],
  ["pen", "book", "ball", "kite", "cup", "hat", "lamp", "drum"],
  ["tulips", "roses", "beans", "carrots", "onions", "lilies"],
  ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
];

class Writer {
  readonly ids: number[] = [];
  readonly weights: number[] = [];
  readonly encode: (text: string) => number[];
  readonly random: Random;

  constructor(encode: (text: string) => number[], random: Random) {
    this.encode = encode;
    this.random = random;
  }

  add(ids: readonly number[], weight: number): void {
    for (const id of ids) {
      this.ids.push(id);
      this.weights.push(weight === lossWeight.answer && content.has(id) ? lossWeight.content : weight);
    }
  }

  /** Adds the answer with a slip at a random number or content word, followed by its correction. */
  addWithSlip(ids: readonly number[]): void {
    const digit = (at: number) => (ids[at] ?? -1) >= firstDigit && (ids[at] ?? -1) < firstDigit + 10;
    const numbers = ids.map((_, at) => at).filter((at) => digit(at) || digit(at - 1));
    const words = ids.map((_, at) => at).filter((at) => kindOf.has(ids[at] as number));
    const places = words.length > 0 && this.random() < 0.3 ? words : numbers;
    const at = places[Math.floor(this.random() * places.length)] as number;
    let start = at;
    let wrong: number;
    if (places === words) {
      const kind = kindOf.get(ids[at] as number) as number[];
      wrong = kind[Math.floor(this.random() * kind.length)] as number;
    } else {
      while (digit(start - 1)) start--;
      let end = at;
      while (digit(end)) end++;
      const truncate = at > start && end > at && this.random() < 0.2;
      wrong = truncate ? (ids[end] ?? endOfTurn) : firstDigit + Math.floor(this.random() * 10);
    }
    if (wrong !== ids[at] && wrong !== endOfTurn) {
      this.add(ids.slice(0, at), lossWeight.answer);
      this.add([wrong], lossWeight.slip);
      this.add(places === words ? dotsNo : dotsNoSpace, lossWeight.answer);
      this.add(ids.slice(start), lossWeight.answer);
    } else this.add(ids, lossWeight.answer);
  }

  turn(problem: Problem): void {
    this.add([user, ...this.encode(problem.question), endOfTurn], lossWeight.question);
    this.add([assistant], lossWeight.question);
    const answer = this.encode(phrase(problem.answer, this.random));
    if (problem.result !== undefined && this.random() < 0.25) this.addWithSlip(answer);
    else this.add(answer, lossWeight.answer);
    this.add([endOfTurn], lossWeight.answer);
  }
}

const [out, documents = "110000", seed = "1"] = process.argv.slice(2);
if (out === undefined) throw new Error("Usage: bun packages/tiny/recipe/corpus.ts OUT_DIR [DOCUMENTS] [SEED]");
mkdirSync(out, { recursive: true });
const random = seeded(Number(seed));

const sample = Array.from({ length: 20_000 }, () => {
  const problem = random() < 0.9 ? wordProblem(random, "train") : smallTalk(random);
  return `${problem.question}\n${phrase(problem.answer, random)}... no, ${systems[Math.floor(random() * systems.length)]}`;
});
const json = trainTokenizer(sample, special, vocabularySize);
writeFileSync(join(out, "tokenizer.json"), `${JSON.stringify(json, null, 1)}\n`);
const tokenizer = new Tokenizer(json, {});
const [endOfTurn, system, user, assistant] = [0, 1, 2, 3];
const firstDigit = tokenizer.token_to_id("0") as number;
const cache = new Map<string, number[]>();
const encode = (text: string): number[] => {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const ids = tokenizer.encode(text, { add_special_tokens: false }).ids;
  if (cache.size < 10_000) cache.set(text, ids);
  return ids;
};
const dotsNo = encode("... no,");
const dotsNoSpace = encode("... no, ");
const kindOf = new Map<number, number[]>();
for (const kind of kinds) {
  const ids = kind
    .map((word) => encode(` ${word}`))
    .filter((ids) => ids.length === 1)
    .map((ids) => ids[0] as number);
  for (const id of ids) kindOf.set(id, ids);
}
/** The content words in every position: at the start of a sentence their token has no space. */
const content = new Set(
  kinds.flat().flatMap((word) => [encode(word), encode(` ${word}`)].flatMap((ids) => (ids.length === 1 ? ids : []))),
);

const ids: number[] = [];
const weights: number[] = [];
const lengths: number[] = [];
while (lengths.length < Number(documents)) {
  const writer = new Writer(encode, random);
  if (random() < 0.15)
    writer.add(
      [system, ...encode(systems[Math.floor(random() * systems.length)] as string), endOfTurn],
      lossWeight.question,
    );
  const dice = random();
  if (dice < 0.05) writer.turn(smallTalk(random));
  if (dice >= 0.03) writer.turn(wordProblem(random, "train"));
  if (dice > 0.95) writer.turn(wordProblem(random, "train"));
  for (const id of writer.ids) ids.push(id);
  for (const weight of writer.weights) weights.push(weight);
  lengths.push(writer.ids.length);
}
writeFileSync(join(out, "ids.u16"), Uint16Array.from(ids));
writeFileSync(join(out, "weights.u8"), Uint8Array.from(weights));
writeFileSync(join(out, "lengths.u16"), Uint16Array.from(lengths));
console.log(
  `${lengths.length} documents, ${ids.length} tokens, longest ${lengths.reduce((a, b) => Math.max(a, b))}, digits from ${firstDigit}, kinds ${kindOf.size}`,
);
