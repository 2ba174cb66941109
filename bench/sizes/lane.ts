import type { SizesRow } from "./report.ts";

/** Some runs of one length at one context. */
export interface Runs {
  /** The text; every run ends at its end. */
  readonly tokens: readonly number[];
  /** How many of the last tokens a run computes. The others are in the cache when it begins. */
  readonly length: number;
  /** A prompt needs no logits; each token of a block and a single token do. */
  readonly isPrompt: boolean;
  /** Runs that count. Before those of a block comes one that does not. */
  readonly times: number;
}

/** A file in a program, which has one sequence. */
export interface SizesLane {
  readonly row: SizesRow;
  /** The milliseconds of each run. */
  run(runs: Runs): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** One sequence of a program whose runs are timed. */
export interface StepEngine {
  /** Brings the sequence to the tokens before the run: not timed. */
  fill(tokens: readonly number[]): Promise<void>;
  /** Runs these tokens after those: timed. Their logits, if they are wanted, are computed. */
  step(tokens: readonly number[], logits: boolean): Promise<void>;
}

/** Does the runs with an engine. */
export async function timeRuns(
  engine: StepEngine,
  { tokens, length, isPrompt, times }: Runs,
  time: (act: () => Promise<void>) => Promise<{ readonly milliseconds: number }>,
): Promise<number[]> {
  const [before, after] = [tokens.slice(0, -length), tokens.slice(-length)];
  const taken: number[] = [];
  for (let i = isPrompt ? 1 : 0; i <= times; i++) {
    await engine.fill(before);
    const { milliseconds } = await time(() => engine.step(after, !isPrompt));
    if (i > 0) taken.push(milliseconds);
  }
  return taken;
}
