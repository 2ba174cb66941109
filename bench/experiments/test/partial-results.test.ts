import assert from "node:assert/strict";
import { appendFileSync, globSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { partialResults } from "../harness/partial-results.ts";

test("results are read back, without the half line of an interrupted process, until they are removed", () => {
  const folder = mkdtempSync(join(tmpdir(), "experiments-"));
  const partial = partialResults(folder, "one", { seed: 1 });
  assert.deepEqual(partial.read(), []);
  partial.append(0, { study: "a", index: 0, result: 5 });
  partial.append(1, { study: "a", index: 1, result: 6 });
  appendFileSync(join(folder, globSync("one-*-0.jsonl", { cwd: folder })[0] as string), '{"study":"a","ind');
  assert.deepEqual(
    partial.read().map(({ result }) => result),
    [5, 6],
  );
  partial.remove();
  assert.deepEqual(partial.read(), []);
});

test("results of other settings are not read", () => {
  const folder = mkdtempSync(join(tmpdir(), "experiments-"));
  partialResults(folder, "one", { seed: 1 }).append(0, { study: "a", index: 0, result: 5 });
  assert.deepEqual(partialResults(folder, "one", { seed: 2 }).read(), []);
});
