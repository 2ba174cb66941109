import { ownColour } from "../page/line-plot.ts";
import { colours, type PlotSpec } from "../page/plot.ts";
import type { AccuracyReport } from "./report.ts";

/** Each rule that accepts what is in a set, beside plain decoding that draws from the same set. */
export function baselinesPlot({ lines, strict, sampled }: AccuracyReport): PlotSpec {
  const rows = lines.flatMap(({ rule, points }) =>
    points.flatMap(({ value, point, baseline }) =>
      baseline === undefined
        ? []
        : [
            { setting: `${rule} ${value}`, right: 100 * point.right, text: "the rule", colour: colours.blue },
            {
              ...{ setting: `${rule} ${value}`, right: 100 * baseline.right },
              ...{ text: "plain decoding of the same tokens", colour: colours.orange },
            },
          ],
    ),
  );
  const marks = [
    { right: 100 * strict.right, text: "strict" },
    { right: 100 * sampled.right, text: "plain, temperature 1" },
  ];
  const x = {
    field: "right",
    type: "quantitative",
    scale: { zero: false },
    title: "right answers (%)",
  } as const;
  const sort = [...new Set(rows.map(({ setting }) => setting))];
  const y = { field: "setting", type: "nominal", sort, title: null } as const;
  const text = { field: "text" } as const;
  return {
    width: 420,
    height: { step: 20 },
    layer: [
      { data: { values: marks }, mark: { type: "rule", color: "#999", strokeDash: [4, 3] }, encoding: { x } },
      ...marks.map((mark, _, [strict, sampled]) => {
        const lower = mark.right < Math.max(strict?.right ?? 0, sampled?.right ?? 0);
        const align = lower ? ("right" as const) : ("left" as const);
        return {
          data: { values: [mark] },
          mark: {
            type: "text" as const,
            color: "#777",
            fontSize: 10,
            dx: lower ? 3 : -3,
            dy: -4,
            align,
            baseline: "bottom" as const,
          },
          encoding: { x, y: { value: 0 }, text },
        };
      }),
      {
        data: { values: rows },
        mark: { type: "line", color: "#ccc" },
        encoding: { x, y, detail: { field: "setting" } },
      },
      {
        data: { values: rows },
        mark: { type: "circle", size: 50, opacity: 1 },
        encoding: { x, y, color: ownColour },
      },
      ...(["left", "right"] as const).map((align, i) => ({
        // Beside the outer sides of the first two points, the lower one left.
        data: {
          values: rows
            .slice(0, 2)
            .sort((a, b) => b.right - a.right)
            .slice(i, i + 1),
        },
        mark: { type: "text" as const, fontSize: 10, align, dx: i === 0 ? 8 : -8 },
        encoding: { x, y, text, color: ownColour },
      })),
    ],
  };
}
