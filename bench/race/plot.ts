/** The race as a plot. It is not part of the package, since it uses the plots of the experiments. */
import { ownColour } from "../experiments/page/line-plot.ts";
import { colours, type PlotSpec } from "../experiments/page/plot.ts";
import type { Engine } from "./lane.ts";
import type { RaceReport } from "./report.ts";

const colourOf: Readonly<Record<Engine, string>> = {
  lenity: colours.blue,
  "llama.cpp": colours.orange,
  "transformers.js": colours.green,
};

/** A bar for each lane, fastest first, with the quartiles over chunks of problems. */
export function racePlot({ rows }: Pick<RaceReport, "rows">): PlotSpec {
  const values = rows.map(({ name, lane, decode }) => ({
    ...{ name, colour: colourOf[lane.engine], speed: decode.median, low: decode.low, high: decode.high },
  }));
  const speed = (field: string) =>
    ({ field, type: "quantitative", title: "decoded tokens per second", scale: { zero: true } }) as const;
  const y = { field: "name", type: "nominal", sort: values.map(({ name }) => name), title: null } as const;
  return {
    width: 420,
    height: { step: 16 },
    data: { values },
    layer: [
      { mark: { type: "bar", opacity: 0.8, height: 11 }, encoding: { x: speed("speed"), y, color: ownColour } },
      { mark: { type: "rule", color: "#222" }, encoding: { x: speed("low"), x2: { field: "high" }, y } },
    ],
  };
}
