import { linePlot, ownColour, scaled } from "../page/line-plot.ts";
import { colours, type LayeredPlot, type PlotSpec } from "../page/plot.ts";
import type { CalibrationReport, RuleRisk } from "./report.ts";

export const calibrationPlots = (report: CalibrationReport): Record<string, PlotSpec> => ({
  "": { columns: 3, spacing: 24, concat: report.rules.map((rule) => riskPanel(rule, report.rules)) },
  coverage: { spacing: 24, hconcat: alphasOf(report).map((alpha, i) => coveragePanel(report, alpha, i === 0)) },
  transfer: transferPlot(report),
});

const palette = [...Object.values(colours), "#8c564b"];
export const alphasOf = ({ rules }: CalibrationReport): number[] => [
  ...new Set(rules[0]?.coverage.map(({ alpha }) => alpha) ?? []),
];

/** What each family loses by the value, which is on an axis from strict to loose. */
function riskPanel(rule: RuleRisk, all: readonly RuleRisk[]): LayeredPlot {
  const most = 100 * Math.max(0.01, ...all.flatMap(({ families }) => Object.values(families).flat()));
  const points = (risk: readonly number[]) =>
    risk.map((share, i) => ({ x: rule.tokensPerPass[i] as number, y: 100 * share }));
  const lengths = all.flatMap(({ tokensPerPass }) => tokensPerPass);
  return linePlot({
    ...{ title: rule.rule, width: 250, height: 240 },
    x: { title: "tokens per target pass", domain: [Math.min(...lengths) - 0.5, 1.3 * Math.max(...lengths)] },
    y: { title: "right answers lost (%)", domain: [-1, 1.05 * most + 1] },
    lines: [
      ...Object.entries(rule.families).map(([name, risk], i) => ({
        ...{ name, colour: palette[i] as string, points: points(risk) },
      })),
      { name: "all", colour: "#222", points: points(rule.risk) },
    ],
  });
}

const ways = { tested: "Learn then Test", observed: "mean loss" } as const;

/** The risk of the chosen values over all resamplings, for each rule and way to choose. */
function coveragePanel({ rules }: CalibrationReport, alpha: number, first: boolean): LayeredPlot {
  const rows = rules.flatMap(({ rule, coverage }) =>
    coverage
      .filter((found) => found.alpha === alpha)
      .map(({ how, covered, mean, low, high }) => ({
        ...{ name: `${rule}, ${ways[how]}`, mean: 100 * mean, low: 100 * low, high: 100 * high },
        ...{ text: `${(100 * covered).toFixed(0)} %`, colour: how === "tested" ? colours.blue : colours.orange },
      })),
  );
  const most = Math.max(100 * alpha, ...rows.map(({ high }) => high));
  const x = (field: string) => scaled(field, { title: "risk of the chosen value (%)", domain: [0, 1.35 * most] });
  const y = {
    field: "name",
    type: "nominal",
    sort: rows.map(({ name }) => name),
    title: null,
    axis: first ? {} : { labels: false, ticks: false },
  } as const;
  return {
    title: `α = ${100 * alpha} %`,
    width: 190,
    height: { step: 22 },
    layer: [
      {
        data: { values: [{ alpha: 100 * alpha }] },
        mark: { type: "rule", color: "#999", strokeDash: [4, 3] },
        encoding: { x: x("alpha") },
      },
      {
        data: { values: rows },
        mark: { type: "rule" },
        encoding: { y, x: x("low"), x2: { field: "high" }, color: ownColour },
      },
      {
        data: { values: rows },
        mark: { type: "circle", size: 40, opacity: 1 },
        encoding: { y, x: x("mean"), color: ownColour },
      },
      {
        data: { values: rows },
        mark: { type: "text", align: "left", dx: 8, fontSize: 10 },
        encoding: { y, x: x("high"), text: { field: "text" }, color: ownColour },
      },
    ],
  };
}

/** The KL gate's value calibrated on one family, and what it loses in each. */
function transferPlot({ rules, transferAlpha }: CalibrationReport): PlotSpec {
  const transfer = rules.find(({ rule }) => rule === "kl")?.transfer ?? [];
  const cells = transfer.flatMap(({ from, value, risk }) =>
    Object.entries(risk).map(([to, share]) => ({
      ...{ from: value === undefined ? `${from} (strict)` : `${from} (τ = ${value})`, to },
      ...{ text: (100 * share).toFixed(0), colour: tint(share / (3 * transferAlpha)) },
      weight: share > transferAlpha ? "bold" : "normal",
    })),
  );
  const sort = cells.map(({ from }) => from);
  const x = { field: "to", type: "nominal", sort: transfer.map(({ from }) => from), title: "tested on" } as const;
  const y = { field: "from", type: "nominal", sort, title: "calibrated on" } as const;
  return {
    width: { step: 54 },
    height: { step: 26 },
    layer: [
      {
        data: { values: cells },
        mark: { type: "rect", stroke: "#ddd" },
        encoding: { x: { ...x, axis: { labelAngle: 0 } }, y, color: ownColour },
      },
      ...(["normal", "bold"] as const).map((fontWeight) => ({
        data: { values: cells.filter(({ weight }) => weight === fontWeight) },
        mark: { type: "text" as const, fontSize: 11, fontWeight, color: "#222" },
        encoding: { x, y, text: { field: "text" } },
      })),
    ],
  };
}

/** From white at 0 to orange at 1. */
function tint(share: number): string {
  const mix = (to: number) => Math.round(255 + Math.min(1, share) * (to - 255));
  return `rgb(${mix(0xf2)}, ${mix(0x9e)}, ${mix(0x4c)})`;
}
