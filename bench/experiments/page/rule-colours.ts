import { colours } from "./plot.ts";

/** The colour of a rule in plots that show several, by the first word of its name. */
export const ruleColours: Readonly<Record<string, string>> = {
  strict: "#222",
  kl: colours.blue,
  judge: colours.orange,
  topk: colours.green,
  entropy: colours.purple,
  autojudge: colours.gold,
  self: colours.sky,
};
