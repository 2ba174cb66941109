/** What the conversation says beside the answers: on standard error, so that answers can be piped. */
import { styleText } from "node:util";
import { Help } from "commander";
import type { Answered } from "../answer.ts";
import { note } from "../output.ts";
import type { ChatSettings } from "./settings.ts";
import type { Talk } from "./talk.ts";

export function greet(settings: ChatSettings): void {
  const keys = "/help lists commands, Ctrl-C stops an answer, Ctrl-D ends.";
  tell(styleText("dim", `Policy ${policyText(settings)}. ${keys}`));
}

/** The policy as it was given, and what it promises. */
export function policyText({ options: { policy }, speculation }: ChatSettings): string {
  const law = speculation.createDrafter === undefined ? "exact" : speculation.verifier.law;
  return `${typeof policy === "string" ? policy : JSON.stringify(policy)} (law: ${law})`;
}

/** One line of figures after an answer. */
export function noteAnswer({ settings, contextLength }: Talk, answered: Answered): void {
  if (settings.options.json === true && answered.answer !== undefined) return;
  const { tokens, passes, milliseconds, answer, text } = answered;
  const parts = [
    `${perPass(tokens.length, passes)} tokens/pass`,
    `${perSecond(tokens.length, milliseconds)} tokens/s`,
    `${tokens.filter(({ relaxed }) => relaxed).length} relaxed`,
  ];
  if (answer === undefined) parts.push(text === "" ? "stopped, nothing kept" : "stopped, kept as far as it came");
  else if (answer.reason === "length") {
    const full = answer.promptTokens + tokens.length >= contextLength;
    parts.push(
      full ? `the context of ${contextLength} tokens is full: /clear starts anew` : "cut off at the token limit",
    );
  }
  tell(styleText("dim", parts.join(" · ")));
}

export const perPass = (tokens: number, passes: number): string => (tokens / Math.max(1, passes)).toFixed(1);

export const perSecond = (tokens: number, milliseconds: number): string =>
  ((1000 * tokens) / Math.max(1, milliseconds)).toFixed(0);

const narrowest = 10;

function helper(): Help {
  const help = new Help();
  help.minWidthToWrap = narrowest;
  help.prepareContext({ helpWidth: process.stderr.columns ?? 80 });
  return help;
}

/** Says something, broken between words at the terminal's width. */
export function tell(text: string): void {
  const { isTTY, columns } = process.stderr;
  note(isTTY && columns >= narrowest ? helper().boxWrap(text, columns) : text);
}

/** Lines of names and what is to be said about them, within the width of the terminal. */
export function items(list: readonly (readonly [string, string])[]): string {
  const help = helper();
  const width = Math.max(...list.map(([name]) => name.length));
  return list.map(([name, text]) => help.formatItem(name, width, text, help)).join("\n");
}

/** The figures of all answers. */
export function statistics({ totals, turns, contextLength }: Talk): string {
  const { answers, tokens, passes, milliseconds, relaxed, acceptedBy, last } = totals;
  const rules = Object.entries(acceptedBy).map(([rule, count]) => `${count} by ${rule}`);
  const stopped = turns.filter((turn) => turn.stopped).length;
  const speeds = `${perPass(tokens, passes)} tokens/pass, ${perSecond(tokens, milliseconds)} tokens/s`;
  const context = (of: NonNullable<typeof last>) => {
    const full = `${of.prompt + of.answer} of ${contextLength} tokens after the last whole answer`;
    return `${full}; ${of.cached} of ${of.prompt} tokens of its prompt were cached`;
  };
  return items([
    ["answers", `${answers}; the conversation has ${turns.length}, ${stopped} of them stopped`],
    ["tokens", `${tokens} in ${passes} target passes: ${speeds}`],
    ["drafted", `${rules.length === 0 ? "none" : rules.join(", ")} accepted; ${relaxed} relaxed`],
    ...(last === undefined ? [] : [["context", context(last)] as const]),
  ]);
}
