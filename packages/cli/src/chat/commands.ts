import { LenityError } from "@lenity/core";
import { didYouMean, excerpt, quoted } from "@lenity/core/internal";
import { note } from "../output.ts";
import type { Command, CommandContext } from "./command.ts";
import { settingCommands } from "./setting-commands.ts";
import { items, noteAnswer, statistics, tell } from "./words.ts";

/** The commands of a conversation, in the order of /help. */
export const commands: readonly Command[] = [
  { name: "help", argument: "", summary: "show this list", run: () => note(helpText()) },
  ...settingCommands,
  { name: "clear", argument: "", summary: "forget all that was said", run: clear },
  { name: "undo", argument: "", summary: "take back the last question and its answer", run: undo },
  {
    name: "retry",
    argument: "",
    summary: "answer the last question again, with the next seed if it matters",
    run: retry,
  },
  {
    name: "stats",
    argument: "",
    summary: "show figures of all answers so far",
    run: ({ talk }) => note(statistics(talk)),
  },
  { name: "legend", argument: "", summary: "explain the colors", run: ({ talk }) => tell(talk.colors.legend()) },
  { name: "exit", argument: "", summary: "end, as Ctrl-D does", run: ({ close }) => close() },
];

/** The command that a text calls, with its argument; undefined if it is a question. Throws if there is no such one. */
export function commandOf(text: string): readonly [Command, string] | undefined {
  const [, name, argument = ""] = /^\/(?!\/)(\S*)\s*(.*)$/s.exec(text) ?? [];
  if (name === undefined) return undefined;
  const found = commands.find((command) => command.name === name);
  if (found === undefined) {
    const hint = didYouMean(
      `/${name}`,
      commands.map(({ name }) => `/${name}`),
    );
    const message = `There is no command ${excerpt(`/${name}`)}. ${hint} To send a text that begins with a slash, type two.`;
    throw new LenityError("invalid_request", message);
  }
  if (found.argument === "" && argument !== "")
    throw new LenityError("invalid_request", `/${name} is followed by ${quoted(argument)}; expected nothing.`);
  return [found, argument];
}

const helpText = (): string =>
  items([
    ...commands.map(({ name, argument, summary }) => [`/${name} ${argument}`.trimEnd(), summary] as const),
    ["/SETTING default", "set policy, draft, drafter, temperature, seed or system as at the start"],
    ["//text", "send /text as a question"],
    ["text\\", "go on in the next line"],
  ]);

function clear({ talk }: CommandContext): void {
  talk.clear();
  tell("Cleared: the next question begins a new conversation.");
}

function undo({ talk }: CommandContext): void {
  const last = talk.undo();
  if (last === undefined) tell("There is nothing to take back.");
  else tell(`Taken back: ${excerpt(last.question.replaceAll("\n", " "))}`);
}

async function retry({ talk, answer }: CommandContext): Promise<void> {
  const { settings } = talk;
  if (talk.turns.length > 0 && settings.temperature > 0) settings.change({ seed: settings.options.seed + 1 });
  const answered = await answer((how) => talk.retry(how));
  if (answered === undefined) tell("There is no question to answer again.");
  else noteAnswer(talk, answered);
}
