import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LoadReport } from "@lenity/bench/load";
import { run } from "./command.ts";

test("lenity bench load measures a server of its own, and writes what it prints", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lenity-load-"));
  try {
    const out = join(folder, "load.json");
    const flags = ["--streams", "1", "3", "--seconds", "2", "--out", out];
    const { status, out: table, err } = await run(["bench", "load", ...flags]);
    assert.equal(status, 0, err);
    const { rows } = JSON.parse(await readFile(out, "utf8")) as LoadReport;
    assert.deepEqual(
      rows.map(({ streams }) => streams),
      [1, 3],
    );
    for (const { tokensPerSecond, firstToken, health, eventLoop, errors } of rows) {
      assert.ok(tokensPerSecond > 0 && firstToken.count > 0 && health.count > 0 && (eventLoop?.count ?? 0) > 0);
      assert.deepEqual(errors, {});
    }
    assert.equal(table.trim().split("\n").length, 4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
