/** Calibration again and again, on problems drawn from those whose losses are all known. */
import type { Random } from "@lenity/core";
import { calibrate, fewestPrompts } from "@lenity/train";
import { rounded } from "../harness/point.ts";
import { mean, quantile } from "../harness/statistics.ts";
import type { Coverage, Transfer } from "./report.ts";

/** Losses by value, then by problem: 0 or 1. */
type Losses = readonly (readonly number[])[];

export interface CoverageOptions {
  readonly alphas: readonly number[];
  readonly delta: number;
  readonly prompts: number;
  readonly resamplings: number;
  readonly random: Random;
}

/**
 * The problems are the population, so that the risk of each value is known. Each resampling draws problems from it
 * independently, as the guarantee of `calibrate` requires, and chooses a value by their losses.
 */
export async function coverageOf(
  losses: Losses,
  values: readonly number[],
  { alphas, delta, prompts, resamplings, random }: CoverageOptions,
): Promise<Coverage[]> {
  const population = losses[0]?.length ?? 0;
  const risks = losses.map(mean);
  const draws = Array.from({ length: resamplings }, () =>
    Array.from({ length: prompts }, () => Math.floor(random() * population)),
  );
  const found: Coverage[] = [];
  for (const alpha of alphas) {
    const [tested, observed]: [number[], number[]] = [[], []];
    for (const draw of draws) {
      const loss = async (value: number, i: number) => lossOf(losses, values.indexOf(value), draw[i]);
      const { chosen } = await calibrate({ values, prompts, loss, binary: true, alpha, delta });
      tested.push(chosen === undefined ? -1 : values.indexOf(chosen));
      observed.push(losses.findLastIndex((own) => mean(draw.map((i) => own[i] as number)) <= alpha));
    }
    found.push(summary(tested, "tested", alpha, risks), summary(observed, "observed", alpha, risks));
  }
  return found;
}

const lossOf = (losses: Losses, value: number, problem: number | undefined): number =>
  losses[value]?.[problem as number] as number;

/** `chosen` are the indexes of values, −1 for none. */
function summary(chosen: readonly number[], how: Coverage["how"], alpha: number, risks: readonly number[]): Coverage {
  const found = chosen.map((index) => risks[index] ?? 0).sort((a, b) => a - b);
  return {
    ...{ alpha, how },
    covered: rounded(found.filter((risk) => risk <= alpha).length / found.length),
    none: chosen.filter((index) => index < 0).length,
    mean: rounded(mean(found)),
    low: rounded(quantile(found, 0.05)),
    high: rounded(quantile(found, 0.95)),
  };
}

export interface TransferOptions {
  /** The family of each problem. */
  readonly familyOf: readonly string[];
  readonly alpha: number;
  readonly delta: number;
}

/** Calibrates on each family's problems. Families with too few problems for any value to pass choose none. */
export async function transferOf(
  losses: Losses,
  values: readonly number[],
  { familyOf, alpha, delta }: TransferOptions,
): Promise<Transfer[]> {
  const families = [...new Set(familyOf)];
  const indexes = (family: string) => [...familyOf.keys()].filter((i) => familyOf[i] === family);
  const found: Transfer[] = [];
  for (const from of families) {
    const own = indexes(from);
    const loss = async (value: number, i: number) => lossOf(losses, values.indexOf(value), own[i]);
    const settings = { values, prompts: own.length, loss, binary: true, alpha, delta };
    const chosen = own.length < fewestPrompts({ alpha, delta }) ? undefined : (await calibrate(settings)).chosen;
    const row = chosen === undefined ? undefined : losses[values.indexOf(chosen)];
    const risk = families.map((to) => [
      to,
      rounded(row === undefined ? 0 : mean(indexes(to).map((i) => row[i] as number))),
    ]);
    found.push({ from, ...(chosen === undefined ? {} : { value: chosen }), risk: Object.fromEntries(risk) });
  }
  return found;
}
