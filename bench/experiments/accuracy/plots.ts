import { type Axis, linePlot, type PlotLine } from "../page/line-plot.ts";
import { colours, type LayerSpec, type PlotSpec } from "../page/plot.ts";
import { baselinesPlot } from "./baselines-plot.ts";
import { type AccuracyReport, type Line, type Panel, panels } from "./report.ts";

export const accuracyPlots = (report: AccuracyReport): Record<string, PlotSpec> => ({
  "": policiesPlot(report),
  baselines: baselinesPlot(report),
});

const palette = [colours.blue, colours.orange, colours.green, colours.purple, colours.gold];

/** One panel for each kind of rule, with the same axes. */
function policiesPlot(report: AccuracyReport): PlotSpec {
  const all = [report.strict, ...report.lines.flatMap(({ points }) => points.map(({ point }) => point))];
  const rights = all.map(({ right }) => 100 * right);
  const lengths = all.map(({ tokensPerPass }) => tokensPerPass);
  const x = {
    title: "tokens per target pass",
    domain: [0.75 * Math.min(...lengths), 1.6 * Math.max(...lengths)],
    log: true,
    ticks: [1, 2, 3, 5, 7, 10, 15, 20, 30, 40],
  } as const;
  const y = {
    title: "right answers (%)",
    domain: [
      5 * Math.floor(Math.min(...rights) / 5 - 0.4),
      Math.min(100, 5 * Math.ceil(Math.max(...rights) / 5 + 0.4)),
    ],
  } as const;
  return { columns: 2, spacing: 24, concat: panels.map((panel) => panelPlot(report, panel, x, y)) };
}

/** The lines of the panel, with the KL gate in grey to compare with. */
function panelPlot({ lines, strict }: AccuracyReport, panel: Panel, x: Axis, y: Axis) {
  const own = lines.filter((line) => line.panel === panel);
  const others = lines.filter(({ rule }) => rule === "kl, masked" && !own.some((line) => line.rule === rule));
  const plotLine = (line: Line, colour: string): PlotLine => ({
    name: line.rule,
    colour,
    points: line.points.map(({ point: { tokensPerPass, right } }) => ({ x: tokensPerPass, y: 100 * right })),
  });
  return linePlot({
    ...{ title: panel, width: 340, height: 240, x, y },
    lines: [
      ...others.map((line) => plotLine(line, "#aaa")),
      ...own.map((line, i) => plotLine(line, palette[i] as string)),
      { name: "strict", side: "left", colour: "#222", points: [{ x: strict.tokensPerPass, y: 100 * strict.right }] },
    ],
    below: [band(strict.interval)],
  });
}

/** The interval of strict verification. */
const band = ([low, high]: readonly [number, number]): LayerSpec => ({
  data: { values: [{ low: 100 * low, high: 100 * high }] },
  mark: { type: "rect", color: "#f3f3f3", clip: true },
  encoding: { y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
});
