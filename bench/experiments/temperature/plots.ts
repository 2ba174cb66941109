import { linePlot, type PlotLine } from "../page/line-plot.ts";
import { colours, type LayeredPlot, type PlotSpec } from "../page/plot.ts";
import { rangeOf } from "../page/range.ts";
import type { TemperatureReport } from "./report.ts";

export const temperaturePlots = (report: TemperatureReport): Record<string, PlotSpec> => ({
  "": { spacing: 24, columns: 2, concat: report.temperatures.map((one) => panel(one, report.temperatures)) },
  ledger: ledgerPlot(report),
});

type AtTemperature = TemperatureReport["temperatures"][number];

const palette = [colours.blue, colours.orange, colours.green, colours.purple, colours.gold];

/** The rules at one temperature; rings are baselines. */
function panel({ temperature, strict, rules }: AtTemperature, all: readonly AtTemperature[]): LayeredPlot {
  const points = all.flatMap(({ strict, rules }) => [strict, ...rules.map(({ point }) => point)]);
  const lengths = points.map(({ tokensPerPass }) => tokensPerPass);
  const line = (name: string, colour: string, point: (typeof points)[number]): PlotLine => ({
    ...{ name, colour },
    points: [
      {
        ...{ x: point.tokensPerPass, y: 100 * point.right },
        ...{ low: 100 * point.interval[0], high: 100 * point.interval[1] },
      },
    ],
  });
  return linePlot({
    ...{ title: `Temperature ${temperature}`, width: 340, height: 300 },
    x: { title: "tokens per target pass", domain: [Math.min(...lengths) - 0.5, 1.3 * Math.max(...lengths)] },
    y: {
      title: "right answers (%)",
      domain: rangeOf(
        points.map(({ right }) => 100 * right),
        5,
        100,
      ),
    },
    lines: [
      ...rules.map(({ rule, point }, i) => line(rule, palette[i % palette.length] as string, point)),
      line("strict", "#222", strict),
    ],
  });
}

/** The measured divergence against the budget. */
function ledgerPlot({ ledger }: TemperatureReport): PlotSpec {
  const bounded = ledger.filter(({ budget }) => budget !== undefined);
  const budgets = [...new Set(bounded.map(({ budget }) => budget as number))];
  const [least, most] = [Math.min(...budgets), Math.max(...budgets)];
  const line = (temperature: number, colour: string): PlotLine => ({
    ...{ name: `measured, temperature ${temperature}`, colour },
    points: bounded
      .filter((one) => one.temperature === temperature)
      .map(({ budget, divergence, interval: [low, high] }) => ({ x: budget as number, y: divergence, low, high })),
  });
  const bound = { name: "the bound", colour: "#777", dashed: true, points: budgets.map((x) => ({ x, y: x })) };
  const temperatures = [...new Set(ledger.map(({ temperature }) => temperature))];
  return linePlot({
    ...{ width: 420, height: 260 },
    x: { title: "budget in nats per answer", domain: [0.8 * least, 10 * most], log: true, ticks: budgets },
    y: { title: "divergence of answers in nats", domain: [0, 1.1 * most] },
    lines: [bound, ...temperatures.map((temperature, i) => line(temperature, palette[i] as string))],
  });
}
