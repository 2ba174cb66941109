import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ManyReport } from "@lenity/bench/many";
import { run } from "./command.ts";

test("lenity bench many counts the tokens of several streams, and how long a short request waits", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lenity-many-"));
  try {
    const out = join(folder, "many.json");
    const flags = ["--policies", "plain", "judi", "--streams", "1", "3", "--seconds", "1", "--out", out];
    const { status, out: table, err } = await run(["bench", "many", ...flags]);
    assert.equal(status, 0, err);
    const { rows, alone, waiting, behind } = JSON.parse(await readFile(out, "utf8")) as ManyReport;
    assert.deepEqual(
      rows.map(({ policy }) => policy),
      ["plain", "judi"],
    );
    for (const { tokensPerSecond } of rows) assert.ok(tokensPerSecond.length === 2 && Math.min(...tokensPerSecond) > 0);
    assert.ok(alone.count > 0 && waiting.count > 0 && behind === 15);
    assert.match(table, /\| policy \| 1 at once \| 3 at once \| 3 to 1 \|/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("bench many names the status of a server that refuses", async () => {
  const { status, err } = await run(["bench", "many", "--policies", "none-such", "--streams", "1", "--seconds", "1"]);
  assert.notEqual(status, 0);
  assert.match(err, /The server answered 400; expected 200/);
});
