/** Draws the token that the target adds to a round: from a row, or where the row is. */
import { LenityError } from "./error.ts";
import type { Evidence, Row } from "./evidence/evidence.ts";
import type { Token } from "./model.ts";
import { thinningOf } from "./replacement.ts";
import { draw, type Random } from "./sampling.ts";
import type { Verdict } from "./verifier.ts";

/**
 * Draws at a position: the verdict's replacement, or without one a token of the target's processed row. `pick` draws
 * from a row.
 */
export async function drawToken(
  target: Evidence,
  at: number,
  replacement: Pick<Verdict, "replacement" | "thinning">,
  random: Random,
  pick: (row: Row) => Token = (row) => draw(row, random()),
): Promise<Token> {
  const { sample } = target;
  const keep = sample && thinningOf(replacement, at);
  // Tokens drawn from p and kept with probability w follow p·w, normalised. The first draw comes alone, since a score
  // often brings it along; then there are twice as many in each call.
  const thinned = async (most: number): Promise<Token | undefined> => {
    for (let drawn = 0, count = 1; sample && keep && drawn < most; count = Math.min(2 * count, 128)) {
      const samples = await sample(at, count, random());
      for (const { token, probability } of samples) if (random() < keep(token, probability)) return token;
      drawn += Math.max(1, samples.length);
    }
    return undefined;
  };
  const early = target.load && (await thinned(fewDraws));
  if (early !== undefined) return early;
  const loaded = await target.load?.(at);
  if (loaded || !sample) return pick(replacement.replacement?.(at) ?? target.row(at));
  const late = await thinned(manyDraws);
  if (late === undefined) throw nothingKept(keep !== undefined);
  return late;
}

/** Draws before a row is fetched instead, and before giving up where there is none. */
const [fewDraws, manyDraws] = [32, 65_536];

function nothingKept(tried: boolean): LenityError {
  const why = tried
    ? `none of ${manyDraws} draws was kept, as if the target drew with other probabilities than it says`
    : "the policy draws its replacements only from whole rows (it has no `thinning`)";
  return new LenityError(
    "unsupported",
    `No token could be drawn: ${why}, and the target returns no rows. Use strict, or a target that returns rows.`,
    { path: "policy" },
  );
}
