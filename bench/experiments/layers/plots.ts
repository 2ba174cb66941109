import type { Point } from "../harness/point.ts";
import { linePlot } from "../page/line-plot.ts";
import { colours, type PlotSpec } from "../page/plot.ts";
import { rangeOf } from "../page/range.ts";
import type { LayerReport, LayersReport } from "./report.ts";

/** The preset's threshold, at which every head rejects the same share of wrong tokens in validation. */
export const presetPoint = ({ points }: LayerReport): Point =>
  (points.find(({ threshold }) => threshold === 0.5) as LayerReport["points"][number]).point;

export const layersPlots = (report: LayersReport): Record<string, PlotSpec> => ({
  "": {
    spacing: 24,
    hconcat: [
      panel(report, "Finding wrong tokens", "area under the ROC curve", ({ area }) => area, 0.05),
      panel(report, "Speed at δ = 0.5", "tokens per target pass", (kind) => presetPoint(kind).tokensPerPass, 1),
      panel(report, "Quality at δ = 0.5", "right answers (%)", (kind) => 100 * presetPoint(kind).right, 5),
    ],
  },
});

function panel({ kinds }: LayersReport, title: string, axis: string, of: (kind: LayerReport) => number, step: number) {
  const numbers = [...new Set(kinds.map(({ layer }) => layer))];
  const most = numbers.at(-1) as number;
  const line = (normed: boolean) => ({
    name: normed ? "after the norm" : "before",
    colour: normed ? colours.orange : colours.blue,
    points: kinds.filter((kind) => kind.normed === normed).map((kind) => ({ x: kind.layer, y: of(kind) })),
  });
  return linePlot({
    ...{ title, width: 210, height: 200 },
    x: { title: "layer", domain: [0.5, 1.65 * most], ticks: numbers },
    y: { title: axis, domain: rangeOf(kinds.map(of), step) },
    lines: [line(false), line(true)],
  });
}
