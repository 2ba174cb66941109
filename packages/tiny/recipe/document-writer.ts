/**
 * One document of the corpus: token ids, and a loss weight for each.
 *
 * One answer in four contains a slip and its correction ("= 57... no, 54"). The slip itself has weight 0, so the model
 * does not learn to make slips but to notice them. A judge reads this reaction to errors from hidden states (Judge
 * Decoding, 2501.19309, section 4).
 */
import type { Family, Problem, Random } from "../src/problem.ts";
import { phrase } from "../src/problem.ts";

/** The ids of the special tokens, in the order of the tokenizer. */
const [endOfTurn, system, user, assistant] = [0, 1, 2, 3];

/**
 * Weights in tenths: 10 counts fully, 1 a tenth, 0 not at all. Words of a kind, such as names, are a small part of an
 * answer's tokens and hard to get right, because they must be looked up in the question.
 */
const lossWeight = { question: 1, answer: 10, kind: 30, slip: 0 };

export class DocumentWriter {
  readonly ids: number[] = [];
  readonly weights: number[] = [];
  readonly #encode: (text: string) => number[];
  readonly #random: Random;
  /** The tokens of a kind, by each of them. */
  readonly #kindOf: ReadonlyMap<number, readonly number[]>;
  readonly #digits: readonly number[];

  constructor(encode: (text: string) => number[], families: readonly Family[], random: Random) {
    this.#encode = encode;
    this.#random = random;
    this.#digits = encode("0123456789");
    this.#kindOf = kindsOf(encode, families);
  }

  system(text: string): void {
    this.#add([system, ...this.#encode(text), endOfTurn], lossWeight.question);
  }

  turn(problem: Problem): void {
    this.#add([user, ...this.#encode(problem.question), endOfTurn, assistant], lossWeight.question);
    const answer = this.#encode(phrase(problem.answer, this.#random));
    // A slip in code would not run, and one in a refusal or in small talk corrects nothing.
    const slips = problem.check.kind === "result" && this.#random() < 0.25;
    if (slips) this.#addWithSlip(answer);
    else this.#add(answer, lossWeight.answer);
    this.#add([endOfTurn], lossWeight.answer);
  }

  #add(ids: readonly number[], weight: number): void {
    for (const id of ids) {
      this.ids.push(id);
      this.weights.push(weight === lossWeight.answer && this.#kindOf.has(id) ? lossWeight.kind : weight);
    }
  }

  /** Adds the answer with a slip at a random number or word of a kind, followed by its correction. */
  #addWithSlip(ids: readonly number[]): void {
    const slip = this.#slip(ids);
    if (slip === undefined) {
      this.#add(ids, lossWeight.answer);
      return;
    }
    const { at, start, wrong, inWord } = slip;
    this.#add(ids.slice(0, at), lossWeight.answer);
    this.#add([wrong], lossWeight.slip);
    this.#add(this.#encode(inWord ? "... no," : "... no, "), lossWeight.answer);
    this.#add(ids.slice(start), lossWeight.answer);
  }

  /** A wrong token at `at`, and where its correction starts again; undefined if the token drawn is right. */
  #slip(ids: readonly number[]): { at: number; start: number; wrong: number; inWord: boolean } | undefined {
    const isDigit = (at: number) => this.#digits.includes(ids[at] ?? -1);
    const numbers = ids.map((_, at) => at).filter((at) => isDigit(at) || isDigit(at - 1));
    const words = ids.map((_, at) => at).filter((at) => this.#kindOf.has(ids[at] as number));
    const inWord = words.length > 0 && (numbers.length === 0 || this.#random() < 0.4);
    const at = this.#pick(inWord ? words : numbers);
    if (at === undefined) return undefined;
    let start = at;
    let wrong: number | undefined;
    if (inWord) wrong = this.#pick(this.#kindOf.get(ids[at] as number) ?? []);
    else {
      while (isDigit(start - 1)) start--;
      let end = at;
      while (isDigit(end)) end++;
      const truncate = at > start && end > at && this.#random() < 0.2;
      wrong = truncate ? ids[end] : this.#pick(this.#digits);
    }
    return wrong === undefined || wrong === ids[at] ? undefined : { at, start, wrong, inWord };
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }
}

const known = new WeakMap<readonly Family[], ReadonlyMap<number, readonly number[]>>();

/** The words of a kind that are one token with a space before them. */
function kindsOf(
  encode: (text: string) => number[],
  families: readonly Family[],
): ReadonlyMap<number, readonly number[]> {
  let map = known.get(families);
  if (map === undefined) {
    const kinds = families
      .flatMap((family) => family.kinds)
      .map((kind) => kind.flatMap((word) => encodedAlone(encode, word)));
    map = new Map(kinds.flatMap((ids) => ids.map((id) => [id, ids] as const)));
    known.set(families, map);
  }
  return map;
}

function encodedAlone(encode: (text: string) => number[], word: string): number[] {
  const ids = encode(` ${word}`);
  return ids.length === 1 ? ids : [];
}
