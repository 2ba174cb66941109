import { markdownTable } from "../../table.ts";
import type { Point } from "../harness/point.ts";
import { claim, details, list, points, pValue, withInterval } from "../page/markdown.ts";
import type { DomainFamily, DomainLine, DomainReport } from "./report.ts";

/** The thresholds of the presets. */
const presets: Readonly<Record<string, number>> = { kl: 0.4, judge: 0.5, self: 0.5, autojudge: 0.1 };

export function domainSection(report: DomainReport, plot: (name: string, alt: string) => string): string {
  const [first] = report.families as [DomainFamily];
  return `A judge is trained on tasks. What does it do on one that it was not trained on? Judge Decoding reports that
HumanEval falls from 86.6 to 80.4 when its training has no code; the KL gate has no training. Here each judge is also
trained without code and tested on code, and without word problems and tested on them: ${first.problems.count}
held-out problems each (seed ${first.problems.seed}), greedy, blocks of ${report.draftTokens} tokens.

${plot("", "Right answers against tokens per pass, tested on code and on word problems")}

Solid lines are judges that were trained with the family, dashed ones without it; *judge* is trained on spans,
*autojudge* by mining, *self* without answers.

${report.families.map((family) => familyClaims(family)).join(" ")} ${verdict(report)} ${cause(report)}

${table(report)}

${details("All points", allPoints(report))}

**What a tiny pair cannot show.** Its families share few words but the same way to write steps and results, so a judge
without code has still seen every kind of sentence but code. A real change of domain is larger.`;
}

const preset = ({ rule, points }: DomainLine): Point | undefined =>
  points.find(({ threshold }) => threshold === presets[rule])?.point;

/** For each judge: right answers at its preset's threshold, trained without the family and with it. */
function changes({ lines }: DomainFamily): { readonly rule: string; readonly change: number }[] {
  return lines.flatMap((line) => {
    const [without, trained] = [preset(line), preset(lines.find((l) => l.rule === line.rule && !l.without) ?? line)];
    if (!line.without || without === undefined || trained === undefined) return [];
    return [{ rule: line.rule, change: without.right - trained.right }];
  });
}

/** A loss against strict that McNemar's test finds. */
const loses = ({ against }: Point): boolean =>
  against !== undefined && against.lost > against.gained && against.p < 0.05;

function familyClaims(family: DomainFamily): string {
  const texts = changes(family).map(({ rule, change }) => `${rule} ${points(change)}`);
  return `At the presets' thresholds, leaving ${family.family} out of training changes right answers there by: ${list(texts)} points.`;
}

/** The judges that lose right answers at their preset's threshold, trained with or without the family they answer. */
const losers = ({ families }: DomainReport, without: boolean): string[] =>
  families.flatMap(({ family, lines }) =>
    lines.flatMap((line) => {
      const point = preset(line);
      const judged = line.rule !== "kl" && line.without === without && point !== undefined;
      return judged && loses(point) ? [`${line.rule} on ${family}`] : [];
    }),
  );

/** Whether what judges lose out of their domain comes from that: trained with the family, they may lose it as well. */
function cause(report: DomainReport): string {
  const [trained, without] = [losers(report, false), losers(report, true)];
  const both = without.filter((name) => trained.includes(name));
  const only = without.filter((name) => !trained.includes(name));
  return claim(
    without.length === 0,
    "",
    claim(
      only.length === 0,
      "But each of these judges loses right answers there with the family in its training, too: what is lost here is lost by the judge, not by its domain.",
      `${list(only)} ${only.length === 1 ? "does" : "do"} so only without the family in training${both.length > 0 ? `; ${list(both)} also with it` : ""}.`,
    ),
  );
}

/** Whether the gate holds where trained judges fall. */
function verdict(report: DomainReport): string {
  const gates = report.families.flatMap(({ lines }) =>
    lines.filter(({ rule }) => rule === "kl").flatMap((l) => preset(l) ?? []),
  );
  const judges = losers(report, true);
  const holds = gates.length > 0 && !gates.some(loses);
  return claim(
    holds && judges.length > 0,
    `So the claim holds here that the KL gate keeps its answers where trained judges lose theirs: it loses nothing that the test finds, and ${list(judges)} ${judges.length === 1 ? "does" : "do"}.`,
    claim(
      holds,
      "The KL gate loses nothing that the test finds, but neither does any judge out of its domain: the claim that it holds where trained judges fall is not confirmed here.",
      `The KL gate itself loses right answers at its preset's threshold, so it does not simply hold where trained judges fall${judges.length > 0 ? ` (${list(judges)} lose some, too)` : ""}.`,
    ),
  );
}

function rowOf(family: string, { rule, without }: DomainLine, threshold: number, point: Point): string[] {
  const { gained, lost, p } = point.against ?? { gained: 0, lost: 0, p: 1 };
  const trained = rule === "kl" ? "–" : without ? `without ${family}` : "all families";
  return [
    ...[family, rule, trained, String(threshold), point.tokensPerPass.toFixed(2)],
    ...[withInterval(point), `+${gained} −${lost}`, pValue(p)],
  ];
}

const head = ["tested on", "rule", "trained on", "threshold", "tokens / pass", "right", "against strict", "p"];

/** At the presets' thresholds. */
function table({ families }: DomainReport): string {
  const body = families.flatMap(({ family, strict, lines }) => [
    [family, "strict", "–", "–", strict.tokensPerPass.toFixed(2), withInterval(strict), "", ""],
    ...lines.flatMap((line) => {
      const point = preset(line);
      return point === undefined ? [] : [rowOf(family, line, presets[line.rule] as number, point)];
    }),
  ]);
  return `At the presets' thresholds:\n\n${markdownTable(head, body, 3)}`;
}

const allPoints = ({ families }: DomainReport): string =>
  markdownTable(
    head,
    families.flatMap(({ family, lines }) =>
      lines.flatMap((line) => line.points.map(({ threshold, point }) => rowOf(family, line, threshold, point))),
    ),
    3,
  );
