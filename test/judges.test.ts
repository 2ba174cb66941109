/** docs/judges.md from its first command to its last, in an empty folder. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { judgeCommands } from "./judge-commands.ts";
import { root } from "./published-packages.ts";
import { shell } from "./shell.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-judges-"));
after(() => rm(folder, { recursive: true }));
await symlink(join(root, "examples"), join(folder, "examples"));
const command = `bun ${join(root, "packages/cli/src/main.ts")}`;

/** What some of the commands print. */
const expected: readonly (readonly [RegExp, RegExp])[] = [
  [/judge label/, /labels\.jsonl: \d+ answers with \d+ labels, \d+ of them fine/],
  [/judge fit/, /^(auto)?judge\.json: (auto)?judge head on /m],
  [/judge eval/, /^\| mismatches +\|/m],
  [/ chat /, /#### 7\n/],
];

describe("docs/judges.md", () => {
  for (const line of judgeCommands) {
    test(line.slice(0, 80), { timeout: 600_000 }, async () => {
      const out = await shell(line.replace("bun run lenity", command), "", folder);
      for (const [name, text] of expected) if (name.test(line)) assert.match(out, text);
    });
  }
  test("every kind of command was run, and every head has its origin", async () => {
    for (const [name] of expected) assert.ok(judgeCommands.some((line) => name.test(line)));
    for (const file of ["judge.json", "autojudge.json"]) {
      const { provenance } = JSON.parse(await readFile(join(folder, file), "utf8"));
      assert.equal(provenance.labels[0].file, "labels.jsonl");
    }
  });
});
