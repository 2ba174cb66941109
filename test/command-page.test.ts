/** docs/command.md names every flag that `--help` shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { program } from "../packages/cli/src/program.ts";
import { flags } from "./flags-table.ts";
import { readText } from "./published-packages.ts";

test("every flag of every command is in the command's page, beside the command", () => {
  const rows = readText("docs/command.md")
    .split("\n")
    .map((line) => line.split(" | "));
  const shown = new Set(
    rows.flatMap(([flag = "", , commands = ""]) =>
      commands
        .replace(/ \|$/, "")
        .split(", ")
        .map((name) => `${name} ${flag}`),
    ),
  );
  const all = flags(program());
  assert.ok(all.length > 100, `${all.length} flags`);
  const missing = all.filter(([flag, command]) => !shown.has(`${command} | \`${flag.flags}\``));
  assert.deepEqual(
    missing.map(([flag, command]) => `${command} ${flag.flags}`),
    [],
  );
});
