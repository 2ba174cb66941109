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
  const fromRow = () => pick(replacement.replacement?.(at) ?? target.row(at));
  if (!samples(target)) {
    await target.load?.(at);
    return fromRow();
  }
  const keep = thinningOf(replacement, at);
  const kept = target.load && keep && (await thinned(target, at, keep, random, fewDraws));
  if (kept !== undefined) return kept;
  if ((await target.load?.(at)) === true) return fromRow();
  const late = keep && (await thinned(target, at, keep, random, manyDraws));
  if (late === undefined) throw nothingKept(keep !== undefined);
  return late;
}

type Sampler = Evidence & Required<Pick<Evidence, "sample">>;

const samples = (target: Evidence): target is Sampler => target.sample !== undefined;

/** Draws before a row is fetched instead, and before giving up where there is none. */
const [fewDraws, manyDraws] = [32, 65_536];

/**
 * The first token that is kept. Tokens drawn from p and kept with probability w follow p·w, normalised. The first draw
 * comes alone, since a score often brings it along; then there are twice as many in each call.
 */
async function thinned(
  target: Sampler,
  at: number,
  keep: Thinning,
  random: Random,
  most: number,
): Promise<Token | undefined> {
  for (let drawn = 0, count = 1; drawn < most; count = Math.min(2 * count, 128)) {
    const some: readonly Sample[] = await target.sample(at, count, random());
    for (const { token, probability } of some) if (random() < keep(token, probability)) return token;
    drawn += Math.max(1, some.length);
  }
  return undefined;
}

function nothingKept(tried: boolean): LenityError {
  const why = tried
    ? `none of ${manyDraws} draws was kept, as if the target's probabilities were not those that it draws with`
    : "the policy's verifier draws its replacements only from whole rows (it has no `thinning`)";
  return new LenityError(
    "unsupported",
    `A token could not be drawn: ${why}, and the target returns no rows. Use another policy, such as strict, or a target that returns rows.`,
    { path: "policy" },
  );
}
