/** Shows who accepted each token, by colors. */
import { styleText } from "node:util";
import type { EmittedToken, GenerateEvent, Token, Tokenizer } from "@lenity/core";
import { tracer } from "@lenity/server";

/** The part of an answer that has arrived. */
type Delta = Extract<GenerateEvent, { type: "delta" }>;

export interface TokenColors {
  /** Colors an answer as it arrives, after the tokens that its text continues. */
  answer(tokenizer: Tokenizer, before?: readonly Token[]): (delta: Delta) => string;
  /** What the colors mean, on one line. Names the rules that have relaxed a token so far. */
  legend(): string;
}

const fixed = { draft: "reset", target: "reset", replacement: "red", bonus: "cyan" } as const;
/** For the rules that relax tokens, in the order of their first one. */
const palette = ["yellow", "magenta", "blue", "green"] as const;

type Color = (typeof fixed)[keyof typeof fixed] | (typeof palette)[number];

/** A rule keeps its color from one answer to the next. */
export function tokenColors(): TokenColors {
  const rules: string[] = [];
  const ofRule = (at: number): Color => palette[at % palette.length] ?? "yellow";
  const colorOf = ({ source, relaxed, by = "" }: Pick<EmittedToken, "source" | "relaxed" | "by">): Color => {
    if (!relaxed) return fixed[source];
    if (!rules.includes(by)) rules.push(by);
    return ofRule(rules.indexOf(by));
  };
  return {
    answer(tokenizer, before) {
      const trace = tracer(tokenizer, before);
      let spans: { readonly text: string; readonly color: Color }[] = [];
      // A token's text may be held back, since it may begin a stop string: the text decides how far to color.
      return ({ text, tokens }) => {
        spans.push(...trace(tokens).map((entry) => ({ text: entry.token, color: colorOf(entry) })));
        let [shown, rest] = ["", text];
        for (; rest !== "" && spans.length > 0; ) {
          const [{ text: whole, color }, ...later] = spans as [(typeof spans)[number]];
          const part = rest.slice(0, whole.length);
          if (part !== "") shown += styleText(color, part);
          rest = rest.slice(part.length);
          spans = part.length === whole.length ? later : [{ text: whole.slice(part.length), color }, ...later];
        }
        return shown + rest;
      };
    },
    legend() {
      const relaxed = rules.map((rule, at) => styleText(ofRule(at), `relaxed by ${rule}`));
      const entries = [
        "accepted strictly",
        ...(relaxed.length === 0 ? [styleText(ofRule(0), "accepted by relaxation")] : relaxed),
        styleText("red", "replacement"),
        styleText("cyan", "bonus"),
      ];
      return entries.join(styleText("dim", " · "));
    },
  };
}
