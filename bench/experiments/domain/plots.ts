import { linePlot } from "../page/line-plot.ts";
import type { PlotSpec } from "../page/plot.ts";
import { rangeOf } from "../page/range.ts";
import { colourOfRule } from "../page/rule-colours.ts";
import type { DomainFamily, DomainReport } from "./report.ts";

export const domainPlots = (report: DomainReport): Record<string, PlotSpec> => ({
  "": { hconcat: report.families.map((family) => panel(family, report.families)), spacing: 24 },
});

/** Solid: trained with the family; dashed: without it. */
function panel({ family, strict, lines }: DomainFamily, all: readonly DomainFamily[]) {
  const found = all.flatMap(({ lines, strict }) => [
    strict,
    ...lines.flatMap(({ points }) => points.map((p) => p.point)),
  ]);
  const [, longest] = rangeOf(
    found.map(({ tokensPerPass }) => tokensPerPass),
    1,
  );
  const rights = found.map(({ right }) => 100 * right);
  return linePlot({
    ...{ title: `Tested on ${family}`, width: 340, height: 280 },
    x: { title: "tokens per target pass", domain: [0, 1.3 * longest] },
    y: { title: "right answers (%)", domain: rangeOf(rights, 5, 100) },
    lines: [
      ...lines.map(({ rule, without, points }) => ({
        name: without ? `${rule} without ${family}` : rule,
        dashed: without,
        colour: colourOfRule(rule),
        points: points.map(({ point }) => ({ x: point.tokensPerPass, y: 100 * point.right })),
      })),
      { name: "strict", side: "left", colour: "#222", points: [{ x: strict.tokensPerPass, y: 100 * strict.right }] },
    ],
  });
}
