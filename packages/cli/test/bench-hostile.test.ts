import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { HostileReport } from "@lenity/bench/hostile";
import { run } from "./command.ts";

test("lenity bench hostile measures both sets under every policy and length, and writes what it prints", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lenity-hostile-"));
  try {
    const out = join(folder, "hostile.json");
    const sizes = ["--problems", "1", "--max-tokens", "40", "--turns", "1"];
    const flags = ["--policies", "strict", "judi", "--lengths", "4", "6", ...sizes, "--out", out];
    const { status, out: table, err } = await run(["bench", "hostile", ...flags]);
    assert.equal(status, 0, err);
    const { rows, prompts } = JSON.parse(await readFile(out, "utf8")) as HostileReport;
    assert.deepEqual(prompts, { problems: 1, hostile: 1 });
    assert.deepEqual(
      rows.map(({ set, policy, draftTokens }) => [set, policy, draftTokens]),
      ["problems", "hostile"].flatMap((set) =>
        ["strict", "judi"].flatMap((policy) => [4, 6, "auto"].map((length) => [set, policy, length])),
      ),
    );
    for (const row of rows) {
      const { draftTokens, tokensPerSecond, againstPlain, againstBest, meanDraft, plainRounds } = row;
      assert.ok(tokensPerSecond > 0 && againstPlain.all > 0);
      if (draftTokens === "auto") {
        const same = rows.filter(({ set, policy }) => set === row.set && policy === row.policy);
        const fixed = same.filter((other) => other !== row).map((other) => other.tokensPerSecond);
        assert.ok(Math.abs((againstBest?.all ?? 0) - tokensPerSecond / Math.max(...fixed)) < 1e-9);
      } else assert.ok(againstBest === undefined && meanDraft > 3 && meanDraft <= draftTokens && plainRounds < 0.3);
    }
    assert.equal(table.trim().split("\n").length, 2 + 4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
