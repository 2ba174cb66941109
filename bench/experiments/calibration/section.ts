import { markdownTable } from "../../table.ts";
import { claim, details, list, percent } from "../page/markdown.ts";
import { alphasOf } from "./plots.ts";
import type { CalibrationReport, Coverage, RuleRisk } from "./report.ts";

export function calibrationSection(report: CalibrationReport, plot: (name: string, alt: string) => string): string {
  const { problems, draftTokens, delta, prompts, resamplings, seed, transferAlpha } = report;
  return `The same threshold loses more in one family than in another. The *risk* of a threshold is the share of
problems that strict verification solves and the rule does not (the loss \`drop\` of \`lenity calibrate\`): greedy
answers to ${problems.count} held-out problems (seed ${problems.seed}), blocks of ${draftTokens} tokens.

${plot("", "Right answers lost against tokens per pass, by family, for three rules")}

${familyClaims(report).join(" ")}

\`lenity calibrate\` chooses the loosest threshold whose risk is at most α with a confidence of 1 − δ. Does it keep
that promise? The ${problems.count} problems are the population, so that the risk of every threshold is known; each of
${resamplings} resamplings (seed ${seed}) draws ${prompts} problems from it and calibrates on them with δ = ${delta}.
Beside it: the loosest threshold whose *mean loss* on the same problems is at most α, as one would choose without a
test. Lines go from the 5th to the 95th percentile of the risk, and the number is the share of resamplings within α.

${plot("coverage", "Risk of the chosen thresholds over all resamplings, by rule and by the way to choose")}

${coverageClaims(report).join(" ")}

The promise holds for prompts like those it was calibrated on. A τ of the KL gate that was calibrated on one family (α
= ${100 * transferAlpha} %), and the percentage of right answers that it loses in each (bold above α):

${plot("transfer", "Right answers lost in each family by a threshold that was calibrated on another")}

${transferClaim(report)}

${details("Coverage in numbers", coverageTable(report))}

**What a tiny pair cannot show.** Which families are dangerous: that depends on what this draft is bad at. Calibrate
on your own prompts.`;
}

function familyClaims({ rules }: CalibrationReport): string[] {
  return rules.map(({ rule, values, families, risk, tokensPerPass }) => {
    const last = values.length - 1;
    const ends = Object.entries(families).map(([name, own]) => [name, own[last] as number] as const);
    const [most, least] = [ends.reduce((a, b) => (b[1] > a[1] ? b : a)), ends.reduce((a, b) => (b[1] < a[1] ? b : a))];
    return `At its loosest value (${values[last]}, ${(tokensPerPass[last] as number).toFixed(2)} tokens per pass) ${rule} loses ${percent(risk[last] as number)} over all families, from ${percent(least[1])} in ${least[0]} to ${percent(most[1])} in ${most[0]}.`;
  });
}

const found = ({ rules }: CalibrationReport, how: Coverage["how"]): (Coverage & { readonly rule: string })[] =>
  rules.flatMap(({ rule, coverage }) => coverage.filter((c) => c.how === how).map((c) => ({ ...c, rule })));

function coverageClaims(report: CalibrationReport): string[] {
  const [tested, observed] = [found(report, "tested"), found(report, "observed")];
  const promise = 1 - report.delta;
  // Of so many resamplings, the share may be this much below the promise by chance (three standard deviations).
  const slack = 3 * Math.sqrt((promise * report.delta) / report.resamplings);
  const broken = tested.filter(({ covered }) => covered < promise - slack);
  const least = Math.min(...tested.map(({ covered }) => covered));
  const loose = observed.filter(({ covered }) => covered < promise);
  const careful = tested.filter(({ none }) => none > report.resamplings / 2);
  return [
    claim(
      broken.length === 0,
      `The promise is kept in all ${tested.length} cases: at least ${percent(least)} of the resamplings are within α, where ${percent(promise)} were promised.`,
      `The promise is broken for ${list(broken.map(({ rule, alpha }) => `${rule} at α = ${100 * alpha} %`))}: only ${percent(least)} of the resamplings are within α.`,
    ),
    claim(
      loose.length > 0,
      `Choosing by the mean loss breaks it in ${loose.length} of ${observed.length} cases, with as few as ${percent(Math.min(...loose.map(({ covered }) => covered)))} within α.`,
      "Choosing by the mean loss keeps it here, too.",
    ),
    ...(careful.length === 0
      ? []
      : [
          `The price is caution: for ${list(careful.map(({ rule, alpha }) => `${rule} at α = ${100 * alpha} %`))} most resamplings choose no value and stay strict.`,
        ]),
  ];
}

function transferClaim({ rules, transferAlpha }: CalibrationReport): string {
  const kl = rules.find(({ rule }) => rule === "kl") as RuleRisk;
  const all = kl.transfer.flatMap(({ from, risk }) => Object.entries(risk).map(([to, share]) => ({ from, to, share })));
  const over = all.filter(({ from, to, share }) => from !== to && share > transferAlpha);
  const worst = over.toSorted((a, b) => b.share - a.share)[0];
  return claim(
    worst !== undefined,
    `In ${over.length} of ${all.filter(({ from, to }) => from !== to).length} pairs of different families the loss is above α, at most ${percent(worst?.share ?? 0)} in ${worst?.to} with the value of ${worst?.from}: a guarantee for one kind of prompt is none for another.`,
    "In no pair of different families the loss is above α.",
  );
}

function coverageTable(report: CalibrationReport): string {
  const head = ["rule", "α", "chosen by", "within α", "stayed strict", "mean risk", "5 – 95 %"];
  const body = report.rules.flatMap(({ rule, coverage }) =>
    alphasOf(report).flatMap((alpha) =>
      coverage
        .filter((c) => c.alpha === alpha)
        .map(({ how, covered, none, mean, low, high }) => [
          ...[rule, percent(alpha), how === "tested" ? "Learn then Test" : "mean loss", percent(covered)],
          ...[`${none} of ${report.resamplings}`, percent(mean), `${percent(low)} – ${percent(high)}`],
        ]),
    ),
  );
  return markdownTable(head, body, 3);
}
