/** What `--help` shows of each command. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Command } from "commander";
import { program } from "../src/program.ts";

/** A command and those within it, by their names on the command line. */
const all = (command: Command, name = command.name()): (readonly [string, Command])[] => [
  [name, command],
  ...command.commands.flatMap((each) => all(each, `${name} ${each.name()}`)),
];

/** The help at a terminal of 80 columns, with what is written before and after it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (written) => (text += written), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text;
}

for (const [name, command] of all(program())) {
  describe(`${name} --help`, () => {
    test("fits 80 columns", () => {
      const long = helpOf(command)
        .split("\n")
        .filter((line) => line.length > 80);
      assert.deepEqual(long, []);
    });
    test("describes the command, and each of its options and arguments, without a full stop at the end", () => {
      const texts = [...command.options, ...command.registeredArguments].map(({ description }) => description);
      const own = name === "lenity" ? [] : [command.description()];
      for (const text of [...own, ...texts]) assert.match(text, /^\S.*[^.]$/);
    });
    test("has no list with a default, since a list that is given would be added to it", () => {
      const lists = command.options.filter(({ parseArg, variadic }) => parseArg !== undefined && variadic);
      assert.deepEqual(
        lists.filter(({ defaultValue }) => defaultValue !== undefined).map(({ long }) => long),
        [],
      );
    });
  });
}
