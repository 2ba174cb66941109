import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { RemoteReport } from "@lenity/bench/remote";
import { run } from "./command.ts";

test("lenity bench remote measures every round trip, rule and length, and writes what it prints", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lenity-remote-"));
  try {
    const out = join(folder, "remote.json");
    const sizes = ["--problems", "1", "--max-tokens", "30"];
    const flags = ["--round-trips", "1", "30", "--lengths", "0", "8", "--policies", "strict", ...sizes, "--out", out];
    const { status, out: table, err } = await run(["bench", "remote", ...flags]);
    assert.equal(status, 0, err);
    const { rows } = JSON.parse(await readFile(out, "utf8")) as RemoteReport;
    assert.deepEqual(
      rows.map(({ roundTrip, draftTokens }) => [roundTrip, draftTokens]),
      [
        ...[0, 8].map((length) => [undefined, length]),
        ...[1, 30].flatMap((roundTrip) => [0, 8, undefined].map((length) => [roundTrip, length])),
      ],
    );
    const at = (roundTrip: number | undefined, length: number | undefined) =>
      rows.find((row) => row.roundTrip === roundTrip && row.draftTokens === length) ?? assert.fail();
    // A round is a call, which takes at least the round trip.
    for (const length of [0, 8]) {
      const { tokensPerSecond, tokensPerRound } = at(30, length);
      assert.ok(tokensPerSecond <= tokensPerRound * (1000 / 30) * 1.1, `${tokensPerSecond} ${tokensPerRound}`);
    }
    const near = { plain: at(undefined, 0).tokensPerSecond, strict: at(undefined, 8).tokensPerSecond };
    for (const { rule, draftTokens, tokensPerSecond, againstPlain, againstStrict } of rows) {
      assert.equal(rule, draftTokens === 0 ? "plain" : "strict");
      assert.deepEqual([againstPlain, againstStrict], [tokensPerSecond / near.plain, tokensPerSecond / near.strict]);
    }
    assert.ok(at(30, 8).tokensPerSecond > at(30, 0).tokensPerSecond);
    // Greedy and lossless: distance changes the time, and not the rounds.
    for (const length of [0, 8]) assert.equal(at(1, length).tokensPerRound, at(undefined, length).tokensPerRound);
    assert.equal(table.trim().split("\n").length, 5);
  } finally {
    await rm(folder, { recursive: true });
  }
});
