/** The reasons of skipped tests reach the end of `npm test`, whichever runtime skips them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { denoExecutable, nodeExecutable } from "./runtimes.ts";
import { skipFor, skipsIn } from "./skips.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lenity-skips-"));
  const helper = JSON.stringify(pathToFileURL(join(import.meta.dirname, "skips.ts")));
  const text = `import { test } from "node:test";
import { skipFor } from ${helper};
const skip = skipFor("the moon", "it is not here");
test("first", { skip }, () => {});
test("second", { skip: skipFor("the moon", "it is not here") }, () => {});
test("third", { skip: skipFor("the sun", undefined) || skipFor("the sun", false) }, () => {});
`;
  await writeFile(join(folder, "moon.test.ts"), text);
});
after(() => rm(folder, { recursive: true }));

const node = nodeExecutable(24);
const runtimes: Record<string, { readonly command: readonly string[]; readonly skip?: string | false }> = {
  Bun: { command: [process.execPath, "test"] },
  Deno: { command: [denoExecutable(), "test", "-A", "--no-check"] },
  Node: {
    command: ["path" in node ? node.path : "", "--test"],
    skip: skipFor("the reasons of skipped tests on Node", "reason" in node && node.reason),
  },
};

describe("a test that is skipped", () => {
  for (const [name, { command, skip = false }] of Object.entries(runtimes)) {
    test(`gives its reason on ${name}, once`, { skip }, () => {
      const [program, ...args] = command as [string, ...string[]];
      const { stdout, stderr, status } = spawnSync(program, [...args, "./moon.test.ts"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1", NODE_TEST_CONTEXT: undefined },
      });
      assert.equal(status, 0, stdout + stderr);
      assert.deepEqual(skipsIn(stdout + stderr), ["the moon: it is not here"]);
    });
  }
});
