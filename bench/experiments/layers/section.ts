import { markdownTable } from "../../table.ts";
import { claim, details, percent, pValue, withInterval } from "../page/markdown.ts";
import { presetPoint } from "./plots.ts";
import type { LayerReport, LayersReport } from "./report.ts";

export function layersSection(report: LayersReport, plot: (name: string, alt: string) => string): string {
  const { problems, draftTokens } = report;
  return `Judge Decoding reads the hidden state of the last layer, before the final norm, and finds deeper layers
best. Judges on other layers of the target, with the same labels, each with the threshold at the same recall of wrong
tokens: ${problems.count} held-out problems (seed ${problems.seed}), greedy, blocks of ${draftTokens} tokens.

${plot("", "Area under the ROC curve, tokens per pass and right answers by layer, before and after the norm")}

${claims(report).join(" ")}

${table(report)}

${details("Other thresholds", allPoints(report))}

**What a tiny pair cannot show.** Its target has few layers, which all work on the next token; in a deep model, middle
layers may hold more about meaning than here.`;
}

const nameOf = ({ layer, normed }: LayerReport): string => `layer ${layer} ${normed ? "after" : "before"} the norm`;

function claims({ kinds, strict }: LayersReport): string[] {
  const plain = kinds.filter(({ normed }) => !normed);
  const [first, last] = [plain[0], plain.at(-1)] as [LayerReport, LayerReport];
  const best = kinds.reduce((a, b) => (b.area > a.area ? b : a));
  const pairs = plain.map((kind) => [kind, kinds.find(({ layer, normed }) => normed && layer === kind.layer)] as const);
  const gaps = pairs.map(([kind, normed]) => Math.abs(kind.area - (normed?.area ?? kind.area)));
  return [
    `Before the norm the area under the ROC curve goes from ${first.area.toFixed(3)} at layer ${first.layer} to ${last.area.toFixed(3)} at layer ${last.layer}; the best is ${nameOf(best)}, with ${best.area.toFixed(3)}.`,
    claim(
      best.layer === last.layer,
      "So the deepest layer is best here, too, as the paper says.",
      `So the deepest layer is not the best here, unlike in the paper${last.area >= best.area - 0.01 ? ", though the difference is below 0.01" : ""}.`,
    ),
    claim(
      Math.max(...gaps) < 0.02,
      "Before or after the norm makes a difference of less than 0.02.",
      `The norm makes a difference of up to ${Math.max(...gaps).toFixed(3)}.`,
    ),
    `At the preset's threshold layer ${last.layer} accepts ${presetPoint(last).tokensPerPass.toFixed(2)} tokens per pass, layer ${first.layer} ${presetPoint(first).tokensPerPass.toFixed(2)}, and strict verification ${strict.tokensPerPass.toFixed(2)}.`,
  ];
}

const head = ["hidden states", "δ", "ROC area", "tokens / pass", "right", "against strict", "p"];

function rowOf(kind: LayerReport, { threshold, point }: LayerReport["points"][number]): string[] {
  const { gained, lost, p } = point.against ?? { gained: 0, lost: 0, p: 1 };
  return [
    ...[nameOf(kind), String(threshold), kind.area.toFixed(3), point.tokensPerPass.toFixed(2), withInterval(point)],
    ...[`+${gained} −${lost}`, pValue(p)],
  ];
}

function table({ kinds, strict }: LayersReport): string {
  const first = ["strict", "–", "–", strict.tokensPerPass.toFixed(2), `${percent(strict.right)}`, "", ""];
  return markdownTable(head, [
    first,
    ...kinds.map((kind) => rowOf(kind, { threshold: 0.5, point: presetPoint(kind) })),
  ]);
}

const allPoints = ({ kinds }: LayersReport): string =>
  markdownTable(
    head,
    kinds.flatMap((kind) =>
      kind.points.filter(({ threshold }) => threshold !== 0.5).map((point) => rowOf(kind, point)),
    ),
  );
