/** Prints every flag of the command as a Markdown table. */
import { program } from "../packages/cli/src/program.ts";

type Command = ReturnType<typeof program>;

/** A command's flags and those of the commands within it, each with the command's name after `lenity`. */
export const flags = (
  command: Command,
  name = "",
): (readonly [flag: Command["options"][number], command: string])[] => [
  ...command.options.map((flag) => [flag, name || "lenity"] as const),
  ...command.commands.flatMap((each) => flags(each, `${name} ${each.name()}`.trim())),
];

/** One row for all commands in which a flag is the same. */
function table(): string {
  const rows = new Map<string, string[]>();
  for (const [flag, command] of flags(program())) {
    const { description, defaultValue } = flag;
    const fallback = defaultValue === undefined ? "" : ` (default: ${[defaultValue].flat().join(" ")})`;
    const row = `| \`${flag.flags}\` | ${description}${fallback}`;
    rows.set(row, [...(rows.get(row) ?? []), command]);
  }
  const lines = Array.from(rows, ([row, commands]) => `${row} | ${commands.join(", ")} |`);
  return ["| flag | what it does | commands |", "| --- | --- | --- |", ...lines].join("\n");
}

if (import.meta.main) console.log(table());
