import assert from "node:assert/strict";
import { test } from "node:test";
import { type Frame, spreadLabels } from "../page/labels.ts";
import { linePlot } from "../page/line-plot.ts";
import { svgOf } from "../page/plot.ts";

const frame: Frame = { width: 300, height: 200, x: { domain: [0, 10] }, y: { domain: [0, 100] } };

test("labels that would overlap are moved apart, and others stay", () => {
  const label = (x: number, y: number) => ({ x, y, text: "a rule", colour: "#000", side: "right" as const });
  const labels = [label(1, 50), label(1.2, 50), label(1.1, 51), label(9, 50)];
  const spread = spreadLabels(labels, frame);
  const heights = spread.slice(0, 3).map(({ y }) => 2 * y);
  for (const [i, a] of heights.entries())
    for (const b of heights.slice(i + 1)) assert.ok(Math.abs(a - b) > 11.9, `${a} and ${b} overlap`);
  assert.deepEqual(spread[3], labels[3]);
});

test("a label at the bottom stays in the plot", () => {
  const labels = ["a", "b", "c"].map((text) => ({ x: 1, y: 0, text, colour: "#000", side: "right" as const }));
  assert.ok(spreadLabels(labels, frame).every(({ y }) => y >= 0));
});

test("a plot names its axes and its lines, and is the same SVG each time", async () => {
  const plot = linePlot({
    ...{ width: 200, height: 100 },
    x: { title: "tokens per pass", domain: [1, 10], log: true },
    y: { title: "right answers (%)", domain: [0, 100] },
    lines: [
      {
        name: "kl",
        colour: "#f00",
        points: [
          { x: 1, y: 10, low: 5, high: 20 },
          { x: 5, y: 50 },
        ],
      },
    ],
  });
  const svg = await svgOf(plot);
  for (const text of ["tokens per pass", "right answers (%)", ">kl<"]) assert.ok(svg.includes(text), text);
  assert.ok((await svgOf(plot)) === svg);
});
