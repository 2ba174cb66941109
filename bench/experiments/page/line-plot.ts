/** Lines with points, intervals and direct labels. */
import { type Label, spreadLabels } from "./labels.ts";
import type { LayeredPlot, LayerSpec } from "./plot.ts";

export interface Axis {
  /** With the unit. */
  readonly title: string;
  readonly domain: readonly [number, number];
  /** Whether the axis is logarithmic. */
  readonly log?: boolean | undefined;
  /** The values with a tick. Default: round ones. */
  readonly ticks?: readonly number[] | undefined;
}

export interface PlotLine {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean | undefined;
  /** Whether the name is written at the last point. Default true. */
  readonly labelled?: boolean | undefined;
  /** On which side of that point. Default right. */
  readonly side?: Label["side"] | undefined;
  /** `low` and `high` are the ends of an interval around y. */
  readonly points: readonly { readonly x: number; readonly y: number; readonly low?: number; readonly high?: number }[];
}

export interface LinePlot {
  readonly title?: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly PlotLine[];
  /** What lies below the lines. Its encodings use `axes`. */
  readonly below?: readonly LayerSpec[] | undefined;
}

interface Scaled {
  readonly field: string;
  readonly type: "quantitative";
  readonly title: string;
  readonly scale: { domain: number[]; readonly nice: false; readonly type: "linear" | "log"; readonly zero?: false };
  readonly axis: { values?: number[] };
}

/** The encoding of a number on an axis. */
export const scaled = (field: string, { title, domain, log = false, ticks }: Axis): Scaled => ({
  field,
  type: "quantitative",
  title,
  scale: { domain: [...domain], nice: false, ...(log ? { type: "log" } : { type: "linear", zero: false }) },
  axis: ticks === undefined ? {} : { values: [...ticks] },
});

/** Colours as they are in the data. */
export const ownColour = { field: "colour", type: "nominal", scale: null } as const;

export function linePlot({ title, width, height, x, y, lines, below = [] }: LinePlot): LayeredPlot {
  const rows = lines.flatMap(({ name, colour, dashed = false, points }) =>
    points.map((point, order) => ({ ...point, name, colour, dashed, order })),
  );
  const position = { x: scaled("x", x), y: scaled("y", y) };
  const intervals = rows.filter(({ low, high }) => low !== undefined && high !== undefined);
  const layer: LayerSpec[] = [
    ...below,
    {
      data: { values: intervals },
      mark: { type: "rule", opacity: 0.25, clip: true },
      encoding: { x: position.x, y: scaled("low", y), y2: { field: "high" }, color: ownColour },
    },
    {
      data: { values: rows },
      mark: { type: "line", strokeWidth: 1.5 },
      encoding: {
        ...position,
        color: ownColour,
        detail: { field: "name" },
        order: { field: "order" },
        strokeDash: { field: "dashed", type: "nominal", scale: { domain: [false, true], range: [[], [4, 3]] } },
      },
    },
    {
      data: { values: rows },
      mark: { type: "circle", size: 28, opacity: 1 },
      encoding: { ...position, color: ownColour },
    },
    ...labelLayers(endLabels(lines), { x, y, width, height }),
  ];
  return { ...(title === undefined ? {} : { title }), width, height, layer };
}

const endLabels = (lines: readonly PlotLine[]): Label[] =>
  lines.flatMap(({ name, colour, labelled = true, side = "right", points }) => {
    const last = points.at(-1);
    return last === undefined || !labelled ? [] : [{ x: last.x, y: last.y, text: name, colour, side }];
  });

/** Labels beside their points. */
function labelLayers(
  labels: readonly Label[],
  { x, y, width, height }: Pick<LinePlot, "x" | "y" | "width" | "height">,
): LayerSpec[] {
  const spread = spreadLabels(labels, { width, height, x, y });
  const encoding = { x: scaled("x", x), y: scaled("y", y), text: { field: "text" }, color: ownColour } as const;
  return (["left", "right"] as const).map((side) => ({
    data: { values: spread.filter((label) => label.side === side) },
    mark: { type: "text", align: side === "left" ? "right" : "left", dx: side === "left" ? -7 : 7, fontSize: 11 },
    encoding,
  }));
}
