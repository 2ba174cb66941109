/** Plots as SVG: Vega-Lite specifications in one style. */
import { parse, resetSVGDefIds, View } from "vega";
import { type Config, compile, type TopLevelSpec } from "vega-lite";

export type PlotSpec = TopLevelSpec;
/** A part of a plot with several layers. */
export type LayerSpec = Extract<PlotSpec, { readonly layer: unknown }>["layer"][number];

/** A plot with several layers, as a whole or as a part of others. */
export interface LayeredPlot {
  readonly title?: string;
  readonly width: number;
  /** In pixels, or those of a row. */
  readonly height: number | { readonly step: number };
  readonly layer: LayerSpec[];
}

/** Text and lines in greys, so that the data stand out. */
const config: Config = {
  // The page has a text for each plot; labels for each point would triple its size.
  aria: false,
  background: "white",
  font: "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif",
  padding: 12,
  view: { stroke: null },
  title: { anchor: "start", frame: "group", fontSize: 13, fontWeight: 600, color: "#222", offset: 10 },
  axis: {
    domainColor: "#999",
    tickColor: "#999",
    gridColor: "#eee",
    labelColor: "#444",
    titleColor: "#444",
    labelFontSize: 11,
    labelLimit: 0,
    titleFontSize: 11,
    titleFontWeight: "normal",
    titlePadding: 8,
  },
  legend: { disable: true },
};

/** Colours that readers with colour blindness can tell apart (Okabe and Ito). */
export const colours = {
  blue: "#0072b2",
  orange: "#d55e00",
  green: "#009e73",
  purple: "#aa4499",
  gold: "#b8860b",
  sky: "#56b4e9",
  grey: "#777777",
} as const;

export async function svgOf(spec: PlotSpec): Promise<string> {
  const { spec: vega } = compile(spec, { config });
  // Ids count up over plots, but a plot should not depend on those before it.
  resetSVGDefIds();
  const view = new View(parse(vega), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
