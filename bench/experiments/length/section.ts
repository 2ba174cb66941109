import { rankCorrelation } from "../../../packages/train/src/ranks.ts";
import { markdownTable } from "../../table.ts";
import type { Point } from "../harness/point.ts";
import { claim, details, list, percent, withInterval } from "../page/markdown.ts";
import type { LengthReport, LengthRule } from "./report.ts";

export function lengthSection(report: LengthReport, plot: (name: string, alt: string) => string): string {
  const { problems, lines } = report;
  return `A rule that accepts more tokens per pass may still write more of them, miss its end, or loop. Greedy answers
to ${problems.count} held-out problems (seed ${problems.seed}), with blocks of 1 to 40 tokens. The guard keeps control
tokens strict and makes an answer that repeats itself strict; dashed lines are without it. The rule *everything* accepts
all that is drafted.

${plot("", "Passes, tokens, right answers, and loops by the number of drafted tokens")}

${claims(report).join(" ")}

*Overshoot* is q − p of an accepted token: how much surer of it the draft was than the target. 2607.26627 finds that
its tail predicts when answers collapse.

${plot("overshoot", "Right answers lost against the share of accepted tokens with a large overshoot")}

${overshootClaim(report)}

${details("All points; those without the guard where they differ", table(lines))}

**What a tiny pair cannot show.** Its answers are short and end in a fixed form, so they rarely run on; with long free
text, loops and missed ends cost more than here.`;
}

const last = ({ points }: LengthRule): Point => points.at(-1)?.point as Point;
const nameOf = ({ rule, guarded }: LengthRule): string => (guarded ? rule : `${rule} without the guard`);

function claims({ lines }: LengthReport): string[] {
  const [strict, ...lossy] = lines as [LengthRule, ...LengthRule[]];
  const [first, longest] = [strict.points[0]?.point as Point, last(strict)];
  const guarded = lossy.filter(({ guarded }) => guarded);
  const longer = guarded.filter((line) => last(line).tokens > 1.02 * longest.tokens);
  const broken = (line: LengthRule) => Math.max(last(line).looped, last(line).truncated);
  const saved = guarded.filter((line) => {
    const bare = lossy.find(({ rule, guarded }) => rule === line.rule && !guarded);
    return bare !== undefined && broken(bare) > broken(line);
  });
  return [
    `From blocks of ${strict.points[0]?.draftTokens} to blocks of ${strict.points.at(-1)?.draftTokens}, strict verification goes from ${first.passes.toFixed(1)} to ${longest.passes.toFixed(1)} passes per answer; its answers stay the same.`,
    claim(
      longer.length > 0,
      `With the longest blocks the answers of ${longer.length === 1 ? "the rule" : "the rules"} *${list(longer.map(nameOf))}* are more than 2 % longer than strict ones, so tokens per pass overstate the gain.`,
      "With the longest blocks no rule's answers are more than 2 % longer than strict ones, so tokens per pass do not overstate the gain here.",
    ),
    claim(
      saved.length > 0,
      `The guard lowers the share of answers that loop or are cut off under ${list(saved.map(nameOf))}.`,
      "The guard makes no difference to the share of answers that loop or are cut off.",
    ),
  ];
}

function overshootClaim({ lines }: LengthReport): string {
  const all = lines.flatMap(({ points }) => points.map(({ point }) => point)).filter(({ overshoot }) => overshoot);
  const tails = all.map(({ overshoot }) => overshoot?.tail ?? 0);
  const lost = all.map(({ against }) => (against === undefined ? 0 : against.lost - against.gained));
  const correlation = rankCorrelation(tails, lost);
  if (correlation === undefined) return "No point loses right answers, so there is nothing to predict.";
  const found = `Over all ${all.length} points the rank correlation of the tail (the share of accepted tokens with q − p above 0.5) with the right answers lost is ${correlation.toFixed(2)}`;
  return claim(
    correlation >= 0.5,
    `${found}: the tail tells which settings lose answers, as the paper says.`,
    `${found}: too little to tell which settings lose answers, which the paper's finding would let one expect.`,
  );
}

/** Whether a point without the guard is another than that with it. */
function differs(
  { draftTokens, point }: LengthRule["points"][number],
  { rule }: LengthRule,
  lines: readonly LengthRule[],
) {
  const guarded = lines.find((line) => line.guarded && line.rule === rule);
  const same = guarded?.points.find((other) => other.draftTokens === draftTokens)?.point;
  return JSON.stringify(same) !== JSON.stringify(point);
}

function table(lines: readonly LengthRule[]): string {
  const head = ["rule", "block", "right", "passes", "tokens", "tokens / pass", "truncated", "looped", "q − p > 0.5"];
  const body = lines.flatMap((line) =>
    line.points
      .filter((one) => line.guarded || differs(one, line, lines))
      .map(({ draftTokens, point }) => [
        nameOf(line),
        String(draftTokens),
        withInterval(point),
        point.passes.toFixed(1),
        point.tokens.toFixed(1),
        point.tokensPerPass.toFixed(2),
        percent(point.truncated),
        percent(point.looped),
        percent(point.overshoot?.tail ?? 0),
      ]),
  );
  return markdownTable(head, body);
}
