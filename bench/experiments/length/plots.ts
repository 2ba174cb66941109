import type { Point } from "../harness/point.ts";
import { type Axis, linePlot } from "../page/line-plot.ts";
import type { PlotSpec } from "../page/plot.ts";
import { colourOfRule } from "../page/rule-colours.ts";
import type { LengthReport } from "./report.ts";

export const lengthPlots = (report: LengthReport): Record<string, PlotSpec> => ({
  "": lengthsPlot(report),
  overshoot: overshootPlot(report),
});

interface Measure {
  readonly title: string;
  readonly axis: string;
  readonly of: (point: Point) => number;
  /** Whether lines without the guard are shown, too. */
  readonly unguarded: boolean;
}

const measures: readonly Measure[] = [
  { title: "Passes", axis: "target passes per answer", of: ({ passes }) => passes, unguarded: false },
  { title: "Length", axis: "tokens per answer", of: ({ tokens }) => tokens, unguarded: false },
  { title: "Right answers", axis: "right answers (%)", of: ({ right }) => 100 * right, unguarded: true },
  {
    title: "Answers that loop or are cut off",
    axis: "answers (%)",
    of: ({ looped, truncated }) => 100 * Math.max(looped, truncated),
    unguarded: true,
  },
];

/** Four measures by the length of blocks. Dashed: without the guard. */
function lengthsPlot(report: LengthReport): PlotSpec {
  return { columns: 2, spacing: 24, concat: measures.map((measure) => panel(report, measure)) };
}

function panel({ lines }: LengthReport, { title, axis, of, unguarded }: Measure) {
  const shown = lines.filter(({ guarded }) => guarded || unguarded);
  const values = shown.flatMap(({ points }) => points.map(({ point }) => of(point)));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = 0.05 * (most - least) || 1;
  const lengths = lines[0]?.points.map(({ draftTokens }) => draftTokens) ?? [];
  const x: Axis = { title: "drafted tokens per block", domain: [0.9, 110], log: true, ticks: lengths };
  return linePlot({
    ...{ title, width: 340, height: 220, x },
    y: { title: axis, domain: [Math.max(0, least - pad), most + pad] },
    lines: shown.map((line) => ({
      name: line.guarded ? line.rule : `${line.rule}, unguarded`,
      labelled: line.guarded,
      dashed: !line.guarded,
      colour: colourOfRule(line.rule),
      points: line.points.map(({ draftTokens, point }) => ({ x: draftTokens, y: of(point) })),
    })),
  });
}

/** The tail of the draft's overconfidence against what is lost, for the longest blocks. */
function overshootPlot({ lines }: LengthReport): PlotSpec {
  const rows = lines
    .filter(({ guarded }) => guarded)
    .flatMap((line) => {
      const { point } = line.points.at(-1) ?? {};
      if (point?.overshoot === undefined || point.against === undefined) return [];
      const lost = (100 * (point.against.lost - point.against.gained)) / point.answers;
      return [{ line, x: 100 * point.overshoot.tail, y: lost }];
    });
  const [xs, ys] = [rows.map(({ x }) => x), rows.map(({ y }) => y)];
  return linePlot({
    ...{ width: 460, height: 260 },
    x: { title: "accepted tokens with q − p above 0.5 (%)", domain: [0, 1.35 * Math.max(...xs, 1)] },
    y: { title: "right answers lost (points)", domain: [Math.min(...ys, 0) - 2, Math.max(...ys, 1) + 2] },
    lines: rows.map(({ line, x, y }) => ({
      name: line.rule,
      colour: colourOfRule(line.rule),
      points: [{ x, y }],
    })),
  });
}
