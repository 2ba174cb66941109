import { linePlot } from "../page/line-plot.ts";
import { colours, type PlotSpec } from "../page/plot.ts";
import { rules } from "./head-plan.ts";
import type { HeadsReport } from "./report.ts";

const palette = [colours.orange, colours.gold, colours.sky];

export const headsPlots = (report: HeadsReport): Record<string, PlotSpec> => ({ calibration: calibrationPlot(report) });

/** Shares of fewer tokens than this are not shown. */
const least = 10;

/** How often a token must be rejected, by the head's probability that it must. */
function calibrationPlot({ heads }: HeadsReport): PlotSpec {
  const shown = rules.flatMap((rule) => heads.find(({ name }) => name === rule) ?? []);
  const ideal = [0, 1].map((end) => ({ x: end, y: end }));
  return linePlot({
    ...{ width: 320, height: 280 },
    x: {
      title: "predicted probability that a token must be rejected",
      domain: [0, 1.3],
      ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
    },
    y: { title: "share of tokens that must be rejected", domain: [0, 1] },
    lines: [
      { name: "calibrated", colour: "#999", dashed: true, points: ideal },
      ...shown.map(({ name, heldOut: { calibration } }, i) => ({
        ...{ name, colour: palette[i] as string },
        points: calibration
          .filter(({ count }) => count >= least)
          .map(({ predicted, observed }) => ({ x: predicted, y: observed })),
      })),
    ],
  });
}
