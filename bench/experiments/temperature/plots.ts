import type { Point } from "../harness/point.ts";
import { linePlot, ownColour, type PlotLine, scaled } from "../page/line-plot.ts";
import { colours, type LayeredPlot, type PlotSpec } from "../page/plot.ts";
import { rangeOf } from "../page/range.ts";
import type { TemperatureReport } from "./report.ts";

export const temperaturePlots = (report: TemperatureReport): Record<string, PlotSpec> => ({
  "": panels(report),
  ledger: ledgerPlot(report),
});

const palette = [colours.blue, colours.orange, colours.green] as const;

interface Shown {
  readonly title: string;
  readonly domain: readonly [number, number];
  readonly of: (point: Point) => { readonly x: number; readonly low: number; readonly high: number };
}

/** What each rule gives at each temperature: a row for each rule. */
function panels({ temperatures }: TemperatureReport): PlotSpec {
  const named = temperatures.map(({ temperature, strict, rules }, i) => ({
    ...{ temperature, colour: palette[i % palette.length] as string },
    rules: [{ rule: "strict", point: strict }, ...rules],
  }));
  const sort = [...new Set(named.flatMap(({ rules }) => rules.map(({ rule }) => rule)))];
  const points = named.flatMap(({ rules }) => rules.map(({ point }) => point));
  const [rights, lengths] = [points.map(({ right }) => 100 * right), points.map((point) => point.tokensPerPass)];
  const right: Shown = {
    ...{ title: "right answers (%)", domain: rangeOf(rights, 5, 100) },
    of: ({ right, interval: [low, high] }) => ({ x: 100 * right, low: 100 * low, high: 100 * high }),
  };
  const speed: Shown = {
    ...{ title: "tokens per target pass", domain: rangeOf(lengths, 1) },
    of: ({ tokensPerPass: x }) => ({ x, low: x, high: x }),
  };
  const panel = ({ title, domain, of }: Shown, first: boolean): LayeredPlot => {
    const rows = named.flatMap(({ temperature, colour, rules }) =>
      rules.map(({ rule, point }) => ({ rule, temperature, colour, text: `temperature ${temperature}`, ...of(point) })),
    );
    const x = (field: string) => scaled(field, { title, domain: [domain[0], domain[1]] });
    const axis = first ? {} : { labels: false, ticks: false };
    const y = { field: "rule", type: "nominal", sort, title: null, axis } as const;
    const yOffset = {
      field: "temperature",
      type: "nominal",
      sort: temperatures.map((one) => one.temperature),
    } as const;
    return {
      ...{ width: 300, height: { step: 10 } },
      layer: [
        {
          data: { values: rows },
          mark: { type: "rule", opacity: 0.35, clip: true },
          encoding: { y, yOffset, x: x("low"), x2: { field: "high" }, color: ownColour },
        },
        {
          data: { values: rows },
          mark: { type: "circle", size: 30, opacity: 1 },
          encoding: { y, yOffset, x: x("x"), color: ownColour },
        },
        {
          // The temperatures' names, in the row of strict.
          data: { values: rows.filter(({ rule }) => !first && rule === "strict") },
          mark: { type: "text", align: "left", dx: 8, fontSize: 10 },
          encoding: { y, yOffset, x: x("x"), text: { field: "text" }, color: ownColour },
        },
      ],
    };
  };
  return { spacing: 28, hconcat: [panel(right, true), panel(speed, false)] };
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
