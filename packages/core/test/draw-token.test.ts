/** Drawing a token where its row is: by thinning, from the row if that takes too long, or not at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Evidence, logitsEvidence, sampling, seeded } from "@lenity/core";
import { drawToken } from "../src/draw-token.ts";

const p = [0.5, 0.3, 0.15, 0.05];
const rows = logitsEvidence(Float32Array.from(p, Math.log), 4, sampling({ temperature: 1 }));

/** A target that draws by itself, and counts draws and rows. `refuses`: it is asked for rows, but sends none. */
function distant(withRow: boolean, refuses = false) {
  const asked = { draws: 0, rows: 0 };
  const random = seeded(3);
  const target: Evidence = {
    ...rows,
    row: (at, kind) => {
      assert.ok(asked.rows > 0, "the row was read before it was loaded");
      return rows.row(at, kind);
    },
    async sample(_, count) {
      asked.draws += count;
      return Array.from({ length: count }, () => {
        const u = random();
        const token = p.findIndex((_, at) => u < p.slice(0, at + 1).reduce((a, b) => a + b, 0));
        return { token, probability: p[token] as number };
      });
    },
    ...(withRow ? { load: async () => (refuses ? false : ++asked.rows > 0) } : {}),
  };
  return { target, asked };
}

test("kept draws follow the replacement: chi-square of 40 000", async () => {
  const weights = [0, 0.5, 1, 0.2];
  const law = p.map((mass, token) => mass * (weights[token] as number));
  const sum = law.reduce((a, b) => a + b);
  const { target } = distant(false);
  const random = seeded(1);
  const counts = [0, 0, 0, 0];
  const replacement = {
    replacement: () => assert.fail("no row"),
    thinning: () => (token: number) => weights[token] as number,
  };
  for (let i = 0; i < 40_000; i++) {
    const token = await drawToken(target, 0, replacement, random);
    counts[token] = (counts[token] as number) + 1;
  }
  assert.equal(counts[0], 0);
  const square = law.reduce((total, mass, token) => {
    const expected = (40_000 * mass) / sum;
    return expected === 0 ? total : total + ((counts[token] as number) - expected) ** 2 / expected;
  }, 0);
  // 2 degrees of freedom: the 99.99 % quantile is 18.4.
  assert.ok(square < 18.4, `chi-square ${square}`);
});

test("where almost nothing is kept the row is fetched, after a few dozen draws", async () => {
  const { target, asked } = distant(true);
  const replacement = { replacement: () => Float32Array.of(0, 0, 0, 1), thinning: () => () => 0 };
  assert.equal(await drawToken(target, 0, replacement, seeded(1)), 3);
  assert.equal(asked.rows, 1);
  assert.ok(asked.draws >= 32 && asked.draws < 64, `${asked.draws} draws`);
});

test("a rule whose replacement is known only as a row gets the row, or the request fails with what to do", async () => {
  const replacement = { replacement: () => Float32Array.of(0, 0, 1, 0) };
  const { target, asked } = distant(true);
  assert.equal(await drawToken(target, 0, replacement, seeded(1)), 2);
  assert.deepEqual(asked, { draws: 0, rows: 1 });
  await assert.rejects(
    drawToken(distant(false).target, 0, replacement, seeded(1)),
    /draws its replacements only from whole rows/,
  );
});

test("without a row, drawing ends some time even if nothing is kept", async () => {
  const replacement = { replacement: () => p as unknown as Float32Array, thinning: () => () => 0 };
  await assert.rejects(drawToken(distant(false).target, 0, replacement, seeded(1)), /none of 65536 draws was kept/);
});

test("where the row is refused, drawing goes on until one is kept", async () => {
  const { target, asked } = distant(true, true);
  const thinning = () => (token: number) => (token === 3 ? 0.01 : 0);
  const replacement = { replacement: () => assert.fail("no row"), thinning };
  assert.equal(await drawToken(target, 0, replacement, seeded(1)), 3);
  assert.equal(asked.rows, 0);
  assert.ok(asked.draws > 64, `${asked.draws} draws`);
});

test("a bonus token takes one draw", async () => {
  const { target, asked } = distant(true);
  await drawToken(target, 0, {}, seeded(1));
  assert.deepEqual(asked, { draws: 1, rows: 0 });
});
