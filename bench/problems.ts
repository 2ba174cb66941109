import { seeded } from "@lenity/core";
import { firstError, readResult, wordProblem } from "@lenity/tiny";

/** A question, and what is a right answer to it. */
export interface BenchProblem {
  readonly question: string;
  readonly check: (text: string) => boolean | Promise<boolean>;
  /** Whether the text is right to the last word, if that can be told. */
  readonly flawless?: ((text: string) => boolean) | undefined;
}

/** Held-out problems of the built-in pair. */
export function builtInProblems(count: number, seed: number): BenchProblem[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const { question, answer, result } = wordProblem(random, "held-out");
    return {
      question,
      check: (text) => readResult(text) === result,
      flawless: (text) => firstError(answer, text) === text.length,
    };
  });
}
