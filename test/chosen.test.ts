/** `bun run test NAME…` runs only the named tests. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { testFiles } from "./chosen.ts";
import { root } from "./published-packages.ts";

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "test/run.ts"), ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
};

test("a short or full package name selects the tests in the package's folder", () => {
  const files = testFiles("core");
  assert.ok(files.includes("./packages/core/test/decode.test.ts"));
  assert.deepEqual(
    files.filter((file) => !file.startsWith("./packages/core/test/")),
    [],
  );
  assert.deepEqual(testFiles("@lenity/core"), files);
});

test("a folder selects all tests in it, and a file only itself", () => {
  assert.deepEqual(testFiles("test/packed"), ["./test/packed/packed.test.ts"]);
  assert.deepEqual(testFiles("./packages/core/test/closing.test.ts"), ["./packages/core/test/closing.test.ts"]);
});

test("a name without tests is an error that lists the packages", () => {
  for (const name of ["cors", "packages/core/src", "packages/core/src/decode.ts", "packages/core/test/none.test.ts"]) {
    const { status, output } = run(name);
    assert.equal(status, 1);
    assert.match(output, /".+" has no tests\. Give a package \(.*core.*server.*\)/);
  }
});

test("only the named file runs, and its result is the exit status", () => {
  const { status, output } = run("packages/core/test/closing.test.ts");
  assert.equal(status, 0, output);
  assert.match(output, /Ran \d+ tests? across 1 file/);
});
