import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { RoundReport } from "@lenity/bench/round";
import { run } from "./command.ts";

test("lenity bench round --quick splits a round into parts that add up, and runs the same graphs alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lenity-round-"));
  try {
    const out = join(folder, "round.json");
    const flags = ["--quick", "--policies", "judi", "--max-tokens", "40", "--folder", folder, "--out", out];
    const { status, out: table, err } = await run(["bench", "round", ...flags]);
    assert.equal(status, 0, err);
    const { rows } = JSON.parse(await readFile(out, "utf8")) as RoundReport;
    assert.deepEqual(
      rows.map(({ weights, rule }) => `${weights} ${rule}`),
      ["fp32 plain", "fp32 judi (16)"],
    );
    for (const { rule, draft, target, messages, workers, rest, whole, bare, ofIdeal } of rows) {
      const sum = draft + target + messages + workers + rest;
      assert.ok(Math.abs(sum - whole) < 1e-9, `${sum} ${whole}`);
      assert.ok([target, messages, workers, bare.target, bare.alternating].every((time) => time > 0));
      assert.ok(rest > 0, `${rule}: ${rest} ms are left`);
      const drafts = rule !== "plain";
      assert.deepEqual([draft > 0, bare.draft > 0], [drafts, drafts]);
      assert.equal(ofIdeal, (bare.draft + bare.target) / whole);
    }
    assert.equal(table.trim().split("\n").length, 4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
