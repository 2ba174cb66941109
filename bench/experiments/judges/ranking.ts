import type { Example } from "@lenity/train";
import { rocArea } from "../../../packages/train/src/ranks.ts";
import { rounded } from "../harness/point.ts";
import type { Ranking } from "./report.ts";

/** How well `risk` ranks the tokens that must be rejected above others, among those that the target would not choose. */
export function rankingOf(examples: readonly Example[], risk: (example: Example) => number): Ranking {
  const mismatches = examples.filter(({ same }) => !same);
  const area = (some: readonly Example[]): number | undefined => {
    const found = rocArea(
      some.map(risk),
      some.map(({ fine }) => !fine),
    );
    return found === undefined ? undefined : rounded(found);
  };
  const families = [...Map.groupBy(mismatches, ({ group }) => group ?? "")].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    tokens: mismatches.length,
    wrong: mismatches.filter(({ fine }) => !fine).length,
    area: area(mismatches),
    families: Object.fromEntries(families.map(([name, own]) => [name, area(own)])),
  };
}
