/** Draws the token that the target adds to a round: from a row, or where the row is. */
import { LenityError } from "./error.ts";
import type { Evidence, Row } from "./evidence/evidence.ts";
import type { Sample, Token } from "./model.ts";
import { thinningOf } from "./replacement.ts";
import { draw, type Random } from "./sampling.ts";
import type { Thinning, Verdict } from "./verifier.ts";

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
  if (target.sample !== undefined) {
    const keep = thinningOf(replacement, at);
    const kept = keep && (await thinned(target as Required<Pick<Evidence, "sample">> & Evidence, at, keep, random));
    if (kept !== undefined) return kept;
    if (target.load === undefined) throw nothingKept(keep !== undefined);
  }
  await target.load?.(at);
  return pick(replacement.replacement?.(at) ?? target.row(at));
}

/** Draws before a row is fetched instead, and before giving up where there is none. */
const [mostWithRow, mostWithout] = [32, 65_536];

/**
 * The first token that is kept. Tokens drawn from p and kept with probability w follow p·w, normalised. The first draw
 * comes alone, since a score often brings it along; then there are twice as many in each call.
 */
async function thinned(
  target: Evidence & Required<Pick<Evidence, "sample">>,
  at: number,
  keep: Thinning,
  random: Random,
): Promise<Token | undefined> {
  const most = target.load === undefined ? mostWithout : mostWithRow;
  for (let drawn = 0, count = 1; drawn < most; count = Math.min(2 * count, 128)) {
    const samples: readonly Sample[] = await target.sample(at, count, random());
    for (const { token, probability } of samples) if (random() < keep(token, probability)) return token;
    drawn += Math.max(1, samples.length);
  }
  return undefined;
}

function nothingKept(tried: boolean): LenityError {
  const why = tried
    ? `none of ${mostWithout} draws was kept, as if the target's probabilities were not those that it draws with`
    : "the policy's verifier draws its replacements only from whole rows (it has no `thinning`)";
  return new LenityError(
    "unsupported",
    `A token could not be drawn: ${why}, and the target returns no rows. Use another policy, such as strict, or a target that returns rows.`,
    { path: "policy" },
  );
}
