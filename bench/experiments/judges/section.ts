import { markdownTable } from "../../table.ts";
import { claim, list, percent } from "../page/markdown.ts";
import { leftOut, rules } from "./head-plan.ts";
import type { HeadReport, HeadsReport, LabelCounts } from "./report.ts";

export function headsSection(report: HeadsReport, plot: (name: string, alt: string) => string): string {
  const { labels, heads } = report;
  const trained = heads.filter(({ hidden }) => !hidden.startsWith("layer-"));
  return `The judges of the other experiments: *judge* from ${counts(labels.spans)} (spans, Judge Decoding),
*autojudge* from ${counts(labels.mining)} (mining), *self* from ${counts(labels.self)} (SelfJudge, with τ chosen on
mined tokens); and each without one family. All are tested on ${labels.heldOut.tokens} drafted tokens of
${labels.heldOut.problems.count} held-out problems, for which the generator of the problems knows whether the token
leaves every right answer: on those that the target would not choose itself, which are what greedy verification asks a
judge about.

${claims(report).join(" ")}

${table(report, trained)}

*Area* is that under the ROC curve, over all families and in the one named; *error* the expected calibration error;
the last columns are Spearman's rank correlations of the head's probability with KL(p‖q), with the target's entropy,
and with the margin between its two best tokens.

${plot("calibration", "Share of tokens that must be rejected against the predicted probability")}

The probabilities are of classes with equal weight, with a bias that is set for a recall, so they need not match the
shares: thresholds are chosen by recall or by \`lenity calibrate\`, not read as probabilities.`;
}

const counts = ({ problems, tokens, wrong }: LabelCounts): string =>
  `${tokens} labelled tokens of ${problems.count} problems, ${wrong} of them wrong`;

const headNamed = ({ heads }: HeadsReport, name: string): HeadReport =>
  heads.find((head) => head.name === name) as HeadReport;

function claims(report: HeadsReport): string[] {
  const { kl, certainty } = report.untrained;
  const own = rules.map((rule) => headNamed(report, rule));
  const better = own.filter(({ heldOut }) => (heldOut.area ?? 0) > (kl.area ?? 0));
  const correlations = own.map(({ heldOut }) => heldOut.correlation.kl ?? 0);
  const strongest = Math.max(...correlations);
  const falls = rules.flatMap((rule) =>
    leftOut.map((family) => {
      const [all, without] = [headNamed(report, rule), headNamed(report, `${rule}-without-${family}`)];
      return {
        name: `${rule} on ${family}`,
        fall: (all.heldOut.families[family] ?? 0) - (without.heldOut.families[family] ?? 0),
      };
    }),
  );
  const worst = falls.reduce((a, b) => (b.fall > a.fall ? b : a));
  return [
    `Without training, KL(p‖q) ranks wrong tokens above fine ones with an area of ${area(kl.area)}, and the certainty of the target (its negative entropy) with ${area(certainty.area)}.`,
    claim(
      better.length === own.length,
      "All three judges rank them better than the KL.",
      claim(
        better.length === 0,
        "None of the three judges ranks them better than the KL.",
        `${list(better.map(({ name }) => name))} ${better.length === 1 ? "ranks" : "rank"} them better than the KL, the others do not.`,
      ),
    ),
    claim(
      strongest >= 0.5,
      `The KL paper proves that its gate and a judge correspond; the rank correlation of a judge's probability with the KL reaches ${strongest.toFixed(2)} here.`,
      `The KL paper proves that its gate and a judge correspond; here the rank correlation of a judge's probability with the KL is at most ${strongest.toFixed(2)}, so judges of this pair read something else.`,
    ),
    `Leaving a family out costs at most ${worst.fall.toFixed(3)} of area there (${worst.name}).`,
  ];
}

const area = (value: number | undefined): string => (value === undefined ? "–" : value.toFixed(3));

function table({ untrained }: HeadsReport, heads: readonly HeadReport[]): string {
  const head = ["judge", "states", "wrong in training", "area", ...leftOut, "error", "KL", "entropy", "margin"];
  const body = heads.map(
    ({ name, hidden, trained, heldOut: { area: all, families, calibrationError, correlation } }) => [
      ...[
        name,
        hidden,
        percent(trained.wrong / trained.tokens),
        area(all),
        ...leftOut.map((family) => area(families[family])),
      ],
      ...[calibrationError, correlation.kl, correlation.entropy, correlation.margin].map(
        (value) => value?.toFixed(2) ?? "–",
      ),
    ],
  );
  const free = Object.entries(untrained).map(([name, { area: all, families }]) => [
    ...[`${name} alone`, "–", "–", area(all), ...leftOut.map((family) => area(families[family])), "–", "–", "–", "–"],
  ]);
  return markdownTable(head, [...body, ...free], 2);
}
