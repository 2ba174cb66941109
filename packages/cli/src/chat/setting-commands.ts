import { LenityError } from "@lenity/core";
import { quoted } from "@lenity/core/internal";
import { draftTokens, policy, seed, temperature } from "../options.ts";
import type { Command } from "./command.ts";
import type { Changeable, ChatSettings } from "./settings.ts";
import type { Talk } from "./talk.ts";
import { items, policyText, tell } from "./words.ts";

/** A setting that a command shows and changes, with the parser of its flag. */
interface Setting<Name extends keyof Changeable> {
  readonly name: string;
  readonly argument: string;
  readonly summary: string;
  readonly option: Name;
  readonly parse: (text: string) => Changeable[Name];
  readonly show: (settings: ChatSettings) => string;
  /** What is shown besides the value if no new one is given. */
  readonly choices?: (talk: Talk) => string;
}

/** Shows the setting; changes it to the argument, or with `default` to what the command was started with. */
function command<Name extends keyof Changeable>(setting: Setting<Name>): Command {
  const { name, argument, summary, option, parse, show, choices } = setting;
  return {
    name,
    argument: `[${argument}]`,
    summary,
    run({ talk }, given) {
      const { settings } = talk;
      if (given === "") {
        tell(`${name}: ${show(settings)}${choices === undefined ? "" : `\n${choices(talk)}`}`);
        return;
      }
      const value = given === "default" ? settings.initial[option] : parsed(name, given, parse);
      settings.change({ [option]: value });
      tell(`${name}: ${show(settings)}`);
    },
  };
}

/** Parsers of flags throw an error that is a sentence about the value. */
function parsed<Value>(name: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    throw new LenityError("invalid_request", `/${name} ${quoted(text)} is invalid. ${(error as Error).message}`);
  }
}

export const settingCommands: readonly Command[] = [
  command({
    name: "policy",
    argument: "NAME or JSON",
    summary: "set the policy of the answers to come; alone, show it and the list",
    option: "policy",
    parse: policy,
    show: policyText,
    choices: ({ registry }) =>
      `${items(registry.presets.map(({ name, summary }) => [name, summary]))}\nverifiers for JSON: ${registry.plugins.map(({ name }) => name).join(", ")}`,
  }),
  command({
    name: "draft",
    argument: "N or auto",
    summary: "set how many tokens to draft at a time; auto chooses, 0 decodes without a draft",
    option: "draftTokens",
    parse: draftTokens,
    show: ({ speculation: { draftTokens, maxDraftTokens } }) =>
      draftTokens === "auto" ? `auto, up to ${maxDraftTokens}` : `${draftTokens}`,
  }),
  command({
    name: "drafter",
    argument: "NAME",
    summary: "set the drafter: model or lookup",
    option: "drafter",
    parse: (text) => text,
    show: ({ drafter }) => drafter,
  }),
  command({
    name: "temperature",
    argument: "X",
    summary: "set the temperature; 0 is greedy",
    option: "temperature",
    parse: temperature,
    show: ({ temperature }) => `${temperature}`,
  }),
  command({
    name: "seed",
    argument: "N",
    summary: "set the seed; the same gives the same answer",
    option: "seed",
    parse: seed,
    show: ({ options }) => `${options.seed}`,
  }),
  command({
    name: "system",
    argument: "TEXT",
    summary: "set the system message",
    option: "system",
    parse: (text) => text,
    show: ({ options }) => options.system ?? "none",
  }),
];
