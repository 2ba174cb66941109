/**
 * The contract of a task family: what a problem is, how its answers vary, and how an answer is checked.
 *
 * An answer is a list of segments, each with interchangeable phrasings. One of each is drawn uniformly, so a target and
 * a draft often choose different words where either choice is right, and differ in names and numbers only by mistake.
 * `firstError` finds the first character at which a text leaves the set of right answers; this gives the labels of
 * Judge Decoding (2501.19309, section 4).
 */

/** A source of uniform numbers in [0, 1). Always passed as an argument. */
export type Random = () => number;

/** Segments in order; each lists its interchangeable phrasings. */
export type Segments = readonly (readonly string[])[];

/**
 * Which problems to draw: `train`, those that the models were trained on; `held-out`, new values in trained wordings;
 * `reworded`, new values in wordings that training never used.
 */
export type Side = "train" | "held-out" | "reworded";

/** How an answer is checked. */
export type Check =
  /** The text after the last `####` is this result. */
  | { readonly kind: "result"; readonly result: string }
  /** The function in the last code block gives these values, as JSON, for these calls. */
  | { readonly kind: "code"; readonly cases: readonly { readonly call: string; readonly value: unknown }[] }
  /** The answer refuses, or does not. */
  | { readonly kind: "refusal"; readonly refuse: boolean }
  /** The answer is, word for word, one of the right ones. */
  | { readonly kind: "words" };

/** A question with the set of its right answers. */
export interface Problem {
  readonly family: string;
  /** The story and the number of the wording, for example `boxes/3`. */
  readonly template: string;
  readonly question: string;
  readonly answer: Segments;
  readonly check: Check;
  /**
   * For requests to refuse: how a model that never learnt to refuse would answer the unsafe request, with
   * steps in the manner of the safe ones.
   */
  readonly complied?: Segments;
}

/** One drawn instance of a story. */
export interface Instance {
  /** The values in the question. With the story, they decide whether the instance is held out. */
  readonly values: readonly (string | number)[];
  /** Every wording of the question, with alternatives in braces: `{How many|What number of} …`. The last is held out. */
  readonly wordings: readonly string[];
  readonly answer: Segments;
  readonly check: Check;
  /** As in `Problem`. */
  readonly complied?: Segments;
}

/** A kind of problem within a family. */
export interface Story {
  readonly name: string;
  /** An instance, or undefined if the values drawn make no problem; the caller then draws again. */
  draw(random: Random): Instance | undefined;
}

/** A family of tasks. */
export interface Family {
  readonly name: string;
  readonly stories: readonly Story[];
  /** Lists of words of a kind, such as names. A training answer may slip from one to another and correct itself. */
  readonly kinds: readonly (readonly string[])[];
}

/** An integer from `from` to `to`, both included. */
export const integer = (random: Random, from: number, to: number): number =>
  from + Math.floor(random() * (to - from + 1));

/** An element of the list. */
export const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** `count` different elements of the list, in random order. */
export function several<T>(random: Random, list: readonly T[], count: number): T[] {
  const rest = [...list];
  return Array.from({ length: count }, () => rest.splice(Math.floor(random() * rest.length), 1)[0] as T);
}

/** `"{a|b} c"` → `[["a", "b"], [" c"]]`. Braces do not nest. */
export function segments(template: string): string[][] {
  return template
    .split(/(\{[^}]*\})/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("{") ? part.slice(1, -1).split("|") : [part]));
}

/** A text with one phrasing of every segment, drawn uniformly. */
export function phrase(answer: Segments, random: Random): string {
  return answer.map((options) => pick(random, options)).join("");
}

/** An answer that ends in its result: the reasoning (with alternatives in braces), and a line `#### result`. */
export function withResult(reasoning: string, result: string | number): Pick<Instance, "answer" | "check"> {
  return {
    answer: segments(`${reasoning}\n#### ${result}`),
    check: { kind: "result", result: String(result) },
  };
}

/** One in ten instances is held out, by a hash of the story and the values. */
function isHeldOut(name: string, values: Instance["values"]): boolean {
  let hash = 2166136261;
  for (const char of `${name}:${values.join(",")}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % 10 === 0;
}

/** A random problem of the family, on the given side of the split. */
export function drawProblem(family: Family, random: Random, side: Side): Problem {
  for (;;) {
    const story = pick(random, family.stories);
    const instance = story.draw(random);
    if (instance === undefined || isHeldOut(story.name, instance.values) !== (side !== "train")) continue;
    const last = instance.wordings.length - 1;
    const wording = side === "reworded" ? last : Math.floor(random() * last);
    return {
      family: family.name,
      template: `${story.name}/${wording}`,
      question: phrase(segments(instance.wordings[wording] as string), random),
      answer: instance.answer,
      check: instance.check,
      ...(instance.complied && { complied: instance.complied }),
    };
  }
}

/** The text after the last `####`, without spaces around it, or undefined. */
export function readResult(text: string): string | undefined {
  const at = text.lastIndexOf("####");
  return at < 0 ? undefined : text.slice(at + 4).trim();
}

/**
 * The index of the first character of `text` with which it leaves the set of right answers, or `text.length` if `text`
 * is a right answer or the beginning of one.
 */
export function firstError(answer: Segments, text: string): number {
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
