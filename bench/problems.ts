import { seeded } from "@lenity/core";
import { firstError, problem } from "@lenity/tiny";
import { checkAnswer } from "@lenity/tiny/check";

/** A question, and what is a right answer to it. */
export interface BenchProblem {
  readonly question: string;
  readonly check: (text: string) => boolean | Promise<boolean>;
  /** Whether the text is right to the last word, if that can be told. */
  readonly flawless?: ((text: string) => boolean) | undefined;
}

/** Held-out problems of the built-in pair: of all families, in the shares of its training data. */
export function builtInProblems(count: number, seed: number): BenchProblem[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const drawn = problem(random, "held-out");
    return {
      question: drawn.question,
      check: (text) => checkAnswer(drawn, text),
      flawless: (text) => firstError(drawn.answer, text) === text.length,
    };
  });
}
