import { LenityError } from "@lenity/core";
import { binomialTest, hoeffdingBentkus } from "./risk-test.ts";

export interface CalibrateOptions {
  /**
   * The values to test, from strict to loose. The guarantee holds in any order; but the values, and their order, must
   * not depend on what these prompts gave.
   */
  readonly values: readonly number[];
  /** How many prompts there are. */
  readonly prompts: number;
  /** The loss of a prompt, by its index from 0, under a value: 0 to 1. */
  readonly loss: (value: number, prompt: number) => Promise<number>;
  /** Whether each loss is 0 or 1, which the exact binomial test needs. Default: any loss from 0 to 1. */
  readonly binary?: boolean | undefined;
  /** The highest expected loss that is acceptable, between 0 and 1. */
  readonly alpha: number;
  /** The probability that the expected loss is higher all the same, between 0 and 1. */
  readonly delta: number;
}

/** The test of one value. */
export interface CalibrationStep {
  readonly value: number;
  /** How many prompts were answered: all, or only as many as decided against the value. */
  readonly prompts: number;
  /** The mean loss of these. */
  readonly loss: number;
  /** The p-value of an expected loss above α: all prompts' if all were answered, else it is at least this. */
  readonly pValue: number;
  /** Whether that is at most δ. */
  readonly passed: boolean;
}

export interface Calibration {
  /** In the order of the values, up to the first that failed. */
  readonly steps: readonly CalibrationStep[];
  /** The last value that passed; undefined if the first one failed. */
  readonly chosen: number | undefined;
}

/**
 * Learn then Test (2110.01052) with fixed-sequence testing: tests the values one after another, each at level δ, and
 * stops at the first that fails. With probability at least 1 − δ over the prompts, all values that passed have an
 * expected loss of at most α, if the losses of different prompts are independent and distributed as those of prompts to
 * come.
 *
 * A value's test ends early once its losses so far make the p-value higher than δ whatever the rest: that is the
 * decision all prompts would have given. Throws `invalid_request` if a setting is out of range, or if there are too few
 * prompts for any value to pass.
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibration> {
  checkSettings(options);
  const steps: CalibrationStep[] = [];
  for (const value of options.values) {
    const step = await testValue(value, options);
    steps.push(step);
    if (!step.passed) break;
  }
  return { steps, chosen: steps.findLast(({ passed }) => passed)?.value };
}

/** The fewest prompts with which a value passes if it has no loss at all: (1 − α)ⁿ ≤ δ. */
export function fewestPrompts({ alpha, delta }: Pick<CalibrateOptions, "alpha" | "delta">): number {
  const about = Math.floor(Math.log(delta) / Math.log1p(-alpha));
  return [about, about + 1].find((prompts) => binomialTest(0, prompts, alpha) <= delta) ?? about + 2;
}

async function testValue(value: number, options: CalibrateOptions): Promise<CalibrationStep> {
  const { prompts, alpha, delta, binary = false } = options;
  const test = binary ? binomialTest : hoeffdingBentkus;
  let sum = 0;
  let done = 0;
  while (done < prompts && test(sum, prompts, alpha) <= delta) {
    const loss = await options.loss(value, done);
    if (!(loss >= 0 && loss <= 1 && (!binary || Number.isInteger(loss))))
      throw new RangeError(`The loss of prompt ${done} is ${loss}; expected ${binary ? "0 or 1" : "0 to 1"}.`);
    sum += loss;
    done++;
  }
  const pValue = test(sum, prompts, alpha);
  return { value, prompts: done, loss: sum / done, pValue, passed: pValue <= delta };
}

function checkSettings({ values, prompts, alpha, delta }: CalibrateOptions): void {
  const invalid = (message: string) => new LenityError("invalid_request", message);
  for (const [name, share] of Object.entries({ alpha, delta }))
    if (!(share > 0 && share < 1)) throw invalid(`${name} is ${share}; expected a number between 0 and 1.`);
  if (values.length === 0) throw invalid("There are no values to test; expected at least one.");
  const fewest = fewestPrompts({ alpha, delta });
  if (prompts >= fewest) return;
  throw invalid(
    `With ${prompts} prompts no value can pass, even without a loss: α = ${alpha} and δ = ${delta} need at least ${fewest}. Use more prompts, or a higher α or δ.`,
  );
}
