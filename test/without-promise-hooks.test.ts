/** What the whole test run relies on if Node's test runner does not follow promises. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { root } from "./published-packages.ts";
import { nodeExecutable } from "./runtimes.ts";
import { skipFor } from "./skips.ts";

const node = nodeExecutable(24);
const skip = skipFor("Node's test runner without promise hooks", "reason" in node && node.reason);

const folder = mkdtempSync(join(tmpdir(), "lenity-hooks-"));
after(() => rmSync(folder, { recursive: true }));

/** Runs a test file of this text on Node. */
function runOnNode(text: string): { readonly status: number | null; readonly output: string } {
  const file = join(folder, "some.test.mjs");
  writeFileSync(file, `import { before, describe, test } from "node:test";\n${text}`);
  const preload = join(root, "test/without-promise-hooks.ts");
  // Otherwise a runner that is started by a runner reports to it.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const args = [`--import=${preload}`, "--test", file];
  const { status, stdout } = spawnSync("path" in node ? node.path : "", args, { env, encoding: "utf8" });
  return { status, output: stdout };
}

describe("without promise hooks, Node's test runner", { skip }, () => {
  test("fails for an error that nobody awaits", () => {
    for (const lost of ['void Promise.reject(new Error("lost"));', 'setTimeout(() => { throw new Error("lost"); });']) {
      const { status, output } = runOnNode(
        `test("loses it", async () => { await 1; ${lost} await new Promise((resolve) => setTimeout(resolve, 20)); });`,
      );
      assert.equal(status, 1, output);
      assert.match(output, /Error: lost/);
    }
  });

  test("nests suites and their hooks", () => {
    const { status, output } = runOnNode(
      `describe("outer", () => {
        let ready = false;
        before(async () => { await 1; ready = true; });
        describe("inner", () => test("is ready", (t) => { t.assert.ok(ready); }));
      });
      test("parent", async (t) => { await 1; await t.test("child", () => {}); });`,
    );
    assert.equal(status, 0, output);
    assert.match(output, /^ℹ suites 2\n(?:.*\n)*?ℹ pass 3$/m);
  });

  test("does not follow promises, if it knows the option", () => {
    const { status, output } = runOnNode(
      `import { createHook, executionAsyncId } from "node:async_hooks";
      let known = false;
      try { createHook({ trackPromises: "no boolean" }); } catch { known = true; }
      test("gives them no ids", async (t) => {
        const ids = new Set();
        for (let i = 0; i < 3; i++) {
          await i;
          ids.add(executionAsyncId());
        }
        t.assert.equal(ids.size, known ? 1 : 3);
      });`,
    );
    assert.equal(status, 0, output);
  });
});
