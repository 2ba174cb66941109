import { markdownTable } from "../../table.ts";
import type { Point } from "../harness/point.ts";
import { claim, details, list, percent, points, pValue, withInterval } from "../page/markdown.ts";
import type { AccuracyReport, Line, LinePoint } from "./report.ts";

/** A point with the name of its rule. */
interface Named extends LinePoint {
  readonly name: string;
}

/** What JuDi reports for the gate with τ = 0.4 on GSM8K, 1B and 8B: tokens per pass, strict and relaxed. */
const published = { strict: 10.61, relaxed: 17.35, lost: 0.02 };

export function accuracySection(report: AccuracyReport, plot: (name: string, alt: string) => string): string {
  const { problems, draftTokens, lines } = report;
  const baselines = lines.some(({ points }) => points.some(({ baseline }) => baseline !== undefined));
  return `What does it cost to accept more of the draft? Greedy answers to ${problems.count} held-out problems in
trained wordings, equally many of each family (seed ${problems.seed}); every rule with several values of its option,
blocks of ${draftTokens} tokens.

${plot("", "Right answers against tokens per target pass, one panel for each kind of rule")}

The grey band is the interval of strict verification, and those of the points are about as wide; the grey line is the KL
gate with the mask, to compare with.

${claims(report).join(" ")}

${table(report)}

${details("All points", allPoints(report))}
${baselines ? `\n${baselineText(report, plot)}\n` : ""}
**What a tiny pair cannot show.** Its draft is wrong about content more often than the drafts of the papers, and its
target is sure of most tokens, so there is less to accept without harm than between large models of one family. The
answers are short, so blocks of ${draftTokens} tokens are cut off by their end. The order of the rules may differ
elsewhere;
measure your own pair with \`lenity bench quality\`.`;
}

const named = ({ lines }: AccuracyReport): Named[] =>
  lines.flatMap(({ rule, points }) => points.map((point) => ({ ...point, name: nameOf(rule, point) })));
const nameOf = (rule: string, { value }: LinePoint): string => `${rule} ${value}`;

/** How many points a rule may lose and still count as harmless, if McNemar's test does not find the loss either. */
const tolerated = 2;

const isHarmless = ({ against, answers }: Point): boolean =>
  against !== undefined &&
  100 * (against.lost - against.gained) <= tolerated * answers &&
  (against.lost <= against.gained || against.p >= 0.05);

function claims(report: AccuracyReport): string[] {
  const { strict, plain, strictDiffers, problems } = report;
  const all = named(report);
  const harmless = all.filter(({ point }) => isHarmless(point));
  const most = harmless.reduce<Named | undefined>(
    (best, one) => (best === undefined || one.point.tokensPerPass > best.point.tokensPerPass ? one : best),
    undefined,
  );
  const inert = report.lines.filter(({ points }) =>
    points.every(({ point }) => point.relaxed === 0 && point.right === strict.right),
  );
  return [
    claim(
      strictDiffers === 0,
      `Strict verification gives the answers of plain decoding on all ${problems.count} problems, ${withInterval(plain)} of them right, at ${strict.tokensPerPass.toFixed(2)} tokens per pass.`,
      `Strict verification and plain decoding differ on ${strictDiffers} of ${problems.count} problems, where rounding decides between two tokens; ${withInterval(strict)} and ${withInterval(plain)} are right.`,
    ),
    most === undefined
      ? `Every point loses more than ${tolerated} points.`
      : `Of what loses at most ${tolerated} points, and nothing that the test finds (p < 0.05), ${most.name} has the most tokens per pass: ${most.point.tokensPerPass.toFixed(2)}, ${times(most.point, strict)} strict, with ${percent(most.point.right)} right.`,
    ...paperClaim(report),
    ...(inert.length === 0
      ? []
      : [
          `At temperature 0 ${list(inert.map(({ rule }) => rule))} ${inert.length === 1 ? "accepts" : "accept"} nothing that strict verification rejects.`,
        ]),
  ];
}

const times = (point: Point, strict: Point): string =>
  `${(point.tokensPerPass / strict.tokensPerPass).toFixed(2)} times`;

/** The gate of JuDi beside what its paper reports. */
function paperClaim({ lines, strict }: AccuracyReport): string[] {
  const gate = lines.find(({ rule }) => rule === "kl, masked")?.points.find(({ value }) => value === "0.4")?.point;
  if (gate === undefined) return [];
  const [here, there] = [gate.tokensPerPass / strict.tokensPerPass, published.relaxed / published.strict];
  const lost = strict.right - gate.right;
  return [
    `JuDi's gate (τ = 0.4, mask 0.9) reaches ${here.toFixed(2)} times strict with ${points(gate.right - strict.right)} points; the paper reports ${there.toFixed(2)} times with −${(100 * published.lost).toFixed(0)} for its 1B and 8B pair on GSM8K.`,
    claim(
      here >= there && lost <= published.lost,
      "This pair confirms it.",
      claim(
        here < there && lost <= published.lost,
        "This pair confirms that little is lost, but gains less.",
        "This pair loses more than the paper reports: here the gate is not nearly free.",
      ),
    ),
  ];
}

/** For each rule, its harmless point with the most tokens per pass. */
function table({ lines, strict }: AccuracyReport): string {
  const rows = lines.flatMap((line) => {
    const harmless = line.points.filter(({ point }) => isHarmless(point));
    const best = harmless.toSorted((a, b) => b.point.tokensPerPass - a.point.tokensPerPass)[0];
    return [best === undefined ? [line.rule, line.option, "–", "–", "–", "–", "–"] : rowOf(line, best)];
  });
  const head = ["rule", "option", "its value", "tokens / pass", "right", "against strict", "p"];
  const first = ["strict", "", "", strict.tokensPerPass.toFixed(2), withInterval(strict), "", ""];
  return `The value of each rule with the most tokens per pass among those that lose at most ${tolerated} points, and nothing that the\ntest finds:\n\n${markdownTable(head, [first, ...rows], 3)}`;
}

function rowOf({ rule, option }: Line, { value, point }: LinePoint): string[] {
  const { gained, lost, p } = point.against ?? { gained: 0, lost: 0, p: 1 };
  return [rule, option, value, point.tokensPerPass.toFixed(2), withInterval(point), `+${gained} −${lost}`, pValue(p)];
}

function allPoints({ lines, strict }: AccuracyReport): string {
  const head = [
    "rule",
    "value",
    "tokens / pass",
    "right",
    "+ −",
    "p",
    "relaxed / answer",
    "tokens / answer",
    "truncated",
  ];
  const body = lines.flatMap((line) =>
    line.points.map((one) => {
      const [rule, , value, perPass, right, against, p] = rowOf(line, one) as [string, ...string[]];
      const { relaxed, tokens, truncated } = one.point;
      return [
        rule,
        value,
        perPass,
        right,
        against,
        p,
        relaxed.toFixed(2),
        tokens.toFixed(1),
        percent(truncated),
      ] as string[];
    }),
  );
  const { tokensPerPass, tokens, truncated } = strict;
  const first = ["strict", "", tokensPerPass.toFixed(2), withInterval(strict), "", "", "0.00", tokens.toFixed(1)];
  return markdownTable(head, [[...first, percent(truncated)], ...body], 2);
}

function baselineText(report: AccuracyReport, plot: (name: string, alt: string) => string): string {
  const pairs = named(report).flatMap(({ name, point, baseline }) =>
    baseline === undefined ? [] : [{ name, point, baseline }],
  );
  const worse = pairs.filter(({ point, baseline }) => point.right < baseline.right);
  return `Rules that accept any token of a set also let the draft choose among tokens that the target finds good
enough. How much of the loss is in the set, and how much in the draft's choice? Plain decoding of the target at
temperature 1, with draws only from the tokens that the rule may accept (the same problems and seeds; decoded with
strict verification, which has the same law):

${plot("baselines", "Right answers of each rule beside plain decoding that samples from the same tokens")}

${claim(
  worse.length > pairs.length / 2,
  `In ${worse.length} of ${pairs.length} cases the rule does worse than plain decoding with the same set: the loss comes from what the draft chooses in it.`,
  `Only in ${worse.length} of ${pairs.length} cases the rule does worse than plain decoding with the same set: most of the loss is in the set.`,
)} Without a set, plain decoding at temperature 1 has ${withInterval(report.sampled)} right,
${points(report.sampled.right - report.strict.right)} points against greedy.`;
}
