import { colours } from "./plot.ts";

/** The colours of rules in plots that show several. */
const ruleColours: Readonly<Record<string, string>> = {
  strict: "#222",
  kl: colours.blue,
  "kl 1.4": colours.sky,
  judge: colours.orange,
  topk: colours.green,
  entropy: colours.purple,
  autojudge: colours.gold,
  everything: colours.gold,
  self: colours.grey,
};

/** The colour of a rule, by its name or the first word of it. */
export const colourOfRule = (name: string): string =>
  ruleColours[name] ?? ruleColours[name.split(" ")[0] as string] ?? colours.grey;
