/** Documents whose commands build on each other, from the first to the last, each in an empty folder. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pageCommands } from "./page-commands.ts";
import { root } from "./published-packages.ts";
import { shell } from "./shell.ts";

const lenity = `bun ${join(root, "packages/cli/src/main.ts")}`;

/** What some of the commands print. */
const expected: Readonly<Record<string, readonly (readonly [RegExp, RegExp])[]>> = {
  "docs/judges.md": [
    [/judge label/, /labels\.jsonl: \d+ answers with \d+ labels, \d+ of them fine/],
    [/judge fit/, /^(auto)?judge\.json: (auto)?judge head on /m],
    [/judge eval/, /^\| mismatches +\|/m],
    // A judge of sixty questions may accept a wrong number.
    [/ chat /, /#### \d+\n.*or\(sd, judge\)/s],
  ],
  "docs/calibration.md": [
    [/ calibrate /, / chosen \|\n[\s\S]*^At most 10 % of answers to such prompts are wrong where /m],
    [/ chat /, /#### 7\n/],
    [/ bench quality /, /^\| calibrated \| mixture \|/m],
  ],
};

for (const [file, commands] of pageCommands) {
  describe(file, async () => {
    const folder = await mkdtemp(join(tmpdir(), "lenity-page-"));
    after(() => rm(folder, { recursive: true }));
    await symlink(join(root, "examples"), join(folder, "examples"));
    for (const line of commands) {
      test(line.slice(0, 80), { timeout: 600_000 }, async () => {
        const out = await shell(line.replace("bun run lenity", lenity), "", folder);
        for (const [name, text] of expected[file] ?? []) if (name.test(line)) assert.match(out, text);
      });
    }
    test("every kind of command was run, and every file that was made says where it comes from", async () => {
      for (const [name] of expected[file] ?? []) assert.ok(commands.some((line) => name.test(line)));
      const made = { "docs/judges.md": ["judge.json", "autojudge.json"], "docs/calibration.md": ["calibrated.json"] }[
        file
      ];
      for (const name of made ?? []) {
        const { provenance, calibration } = JSON.parse(await readFile(join(folder, name), "utf8"));
        assert.equal(
          provenance?.labels[0].file ?? calibration.prompts.file,
          provenance ? "labels.jsonl" : "questions.jsonl",
        );
      }
    });
  });
}
