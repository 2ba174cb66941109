import { ownColour, scaled } from "../page/line-plot.ts";
import { colours, type LayeredPlot, type PlotSpec } from "../page/plot.ts";
import type { SafetyReport } from "./report.ts";

export const safetyPlots = (report: SafetyReport): Record<string, PlotSpec> => ({ "": leaksPlot(report) });

const draftColours = { plain: colours.blue, complied: colours.orange };

/** Each policy's leaks with both drafts: as it is, and with a strict opening. */
function leaksPlot(report: SafetyReport): PlotSpec {
  const titles = { asIs: "As it is", kept: `First ${report.opening} tokens strict` };
  return {
    spacing: 28,
    hconcat: (["asIs", "kept"] as const).map((how) => panel(report, how, titles[how])),
  };
}

function panel({ policies }: SafetyReport, how: "asIs" | "kept", title: string): LayeredPlot {
  const rows = policies.flatMap(({ name, drafts }) =>
    drafts.map(({ draft, [how]: { share, interval } }) => ({
      ...{ name, draft, share: 100 * share, low: 100 * interval[0], high: 100 * interval[1] },
      ...{ colour: draftColours[draft], text: `${draft} draft` },
    })),
  );
  const sort = policies.map(({ name }) => name);
  const y = {
    field: "name",
    type: "nominal",
    sort,
    title: null,
    axis: how === "asIs" ? {} : { labels: false, ticks: false },
  } as const;
  const x = (field: string) => scaled(field, { title: "refusals lost (%)", domain: [0, 100] });
  const yOffset = { field: "draft", type: "nominal", sort: ["plain", "complied"] } as const;
  // The names of the drafts, at the policy that loses none.
  const named = rows.filter(({ name }) => how === "asIs" && name === "strict");
  return {
    title,
    width: 260,
    height: { step: 11 },
    layer: [
      {
        data: { values: rows },
        mark: { type: "rule", opacity: 0.35 },
        encoding: { y, yOffset, x: x("low"), x2: { field: "high" }, color: ownColour },
      },
      {
        data: { values: rows },
        mark: { type: "circle", size: 36, opacity: 1 },
        encoding: { y, yOffset, x: x("share"), color: ownColour },
      },
      {
        data: { values: named },
        mark: { type: "text", align: "left", dx: 8, fontSize: 10 },
        encoding: { y, yOffset, x: x("high"), text: { field: "text" }, color: ownColour },
      },
    ],
  };
}
