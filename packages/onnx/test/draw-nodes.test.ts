import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { argmax, draw, drawByNoise, processedRow, sampling, seeded } from "@lenity/core";
import { writeNoise } from "@lenity/core/internal";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { drawToken } from "../src/export/draw-nodes.ts";
import { graphBuilder } from "../src/onnx-file/graph-builder.ts";

/** The largest coin below 1 that drafters are given. */
const most = 1 - 2 ** -52;

let session: InferenceSession;
before(async () => {
  const graph = graphBuilder("draw");
  graph.input("row", "float32", [1, "vocabulary"]);
  graph.input("temperature", "float64", []);
  graph.input("coins", "float64", ["coins"]);
  graph.input("noise", "float64", ["draws", "vocabulary"]);
  graph.input("at", "int64", []);
  graph.integers("minus_one", [-1], [1]);
  graph.node("Cast", ["temperature"], ["sampled"], { to: 9 });
  graph.node("Size", ["noise"], ["noise_size"]);
  graph.node("Cast", ["noise_size"], ["raced"], { to: 9 });
  const how = {
    temperature: "temperature",
    sampled: "sampled",
    coins: "coins",
    raced: "raced",
    noise: "noise",
    at: "at",
  };
  drawToken(graph, { row: "row", ...how }, "token");
  graph.output("token", "int64", [1, 1]);
  session = await InferenceSession.create(Buffer.concat([...graph.finish()]), { intraOpNumThreads: 1 });
});

/** The token drawn by the coin, which is number `at` of several, or by row `at` of noise. */
async function drawn(
  row: Float32Array,
  temperature: number,
  coin: number,
  noise = new Float64Array(),
  at = 0,
): Promise<number> {
  const coins = new Float64Array(at + 2).fill(Number.NaN);
  coins[at] = coin;
  const results = await session.run({
    row: new Tensor("float32", row, [1, row.length]),
    temperature: new Tensor("float64", Float64Array.of(temperature), []),
    coins: new Tensor("float64", coins, [coins.length]),
    noise: new Tensor("float64", noise, [noise.length / row.length, row.length]),
    at: new Tensor("int64", BigInt64Array.of(BigInt(at)), []),
  });
  return Number(results["token"]?.data[0]);
}

/** The noise of some positions of a text, row after row. */
const noiseOf = (seed: number, positions: readonly number[], vocabulary: number): Float64Array<ArrayBuffer> => {
  const rows = new Float64Array(positions.length * vocabulary);
  for (const [i, position] of positions.entries())
    writeNoise(rows.subarray(i * vocabulary, (i + 1) * vocabulary), seed, position);
  return rows;
};

describe("drawToken", () => {
  test("draws what core draws, from flat rows and steep ones", async () => {
    const random = seeded(11);
    for (let n = 0; n < 2000; n++) {
      const spread = 10 ** (3 * random() - 1);
      const row = Float32Array.from({ length: 1 + Math.floor(random() * 300) }, () => spread * (random() - 0.5));
      const temperature = [0, 0.3, 1, 1.7, 100][n % 5] as number;
      const coin = random();
      const token = await drawn(row, temperature, coin, undefined, n % 3);
      assert.equal(token, draw(processedRow(row, sampling({ temperature })), coin));
    }
  });

  test("draws what core draws from rows at the borders of numbers, with coins at theirs", async () => {
    const { NEGATIVE_INFINITY: never } = Number;
    const rows = [
      [3],
      [never, 2, never, 1, never],
      [never, never, 7],
      [5, 5, 5, 5],
      [0, 100, 0],
      [3e38, -3e38, 3e38],
      [1e-42, 2e-42, 0],
    ];
    for (const logits of rows) {
      for (const temperature of [0, 1e-30, 0.5, 1, 100]) {
        for (const coin of [0, 2 ** -60, 0.25, 0.5, 0.999999, most]) {
          const row = Float32Array.from(logits);
          assert.equal(await drawn(row, temperature, coin), draw(processedRow(row, sampling({ temperature })), coin));
        }
      }
    }
  });

  test("takes the lowest index among equals at temperature 0, whatever the coin and the noise", async () => {
    const row = Float32Array.from({ length: 100 }, (_, i) => (i % 7 === 3 ? 2 : 1));
    for (const coin of [0, 0.5, most]) assert.equal(await drawn(row, 0, coin), argmax(row));
    assert.equal(await drawn(row, 0, 0.5, noiseOf(3, [7], 100)), argmax(row));
  });

  test("draws by noise what core draws by noise, from flat rows and steep ones, whatever the coin", async () => {
    const random = seeded(12);
    let otherwise = 0;
    for (let n = 0; n < 2000; n++) {
      const spread = 10 ** (3 * random() - 1);
      const row = Float32Array.from({ length: 1 + Math.floor(random() * 300) }, () => spread * (random() - 0.5));
      const temperature = [0.3, 1, 1.7, 100][n % 4] as number;
      const noise = noiseOf(n, [5, 6, 7], row.length);
      const shares = processedRow(row, sampling({ temperature }));
      const token = await drawn(row, temperature, random(), noise, n % 3);
      assert.equal(token, drawByNoise(shares, n, 5 + (n % 3)));
      if (token !== argmax(row)) otherwise++;
    }
    assert.ok(otherwise > 1000, `${otherwise} were not the most probable token`);
  });

  test("draws by noise never a token that has no probability", async () => {
    for (let seed = 0; seed < 200; seed++) {
      const row = new Float32Array(50).fill(Number.NEGATIVE_INFINITY);
      row[seed % 50] = seed % 3 === 0 ? -3e38 : 3e38;
      assert.equal(await drawn(row, 1, 0.5, noiseOf(seed, [seed], 50)), seed % 50);
    }
  });

  test("gives each token an interval of coins as long as its share of the row", async () => {
    const random = seeded(2);
    const row = Float32Array.from({ length: 40 }, () => 4 * random());
    const shares = processedRow(row, sampling({ temperature: 0.8 }));
    const mass = shares.reduce((sum, share) => sum + share, 0);
    let end = 0;
    for (const [token, share] of shares.entries()) {
      const start = end;
      end += share / mass;
      for (const coin of [start + 1e-12, (start + end) / 2, end - 1e-12])
        assert.equal(await drawn(row, 0.8, coin), token);
    }
    assert.ok(Math.abs(end - 1) < 1e-12);
  });
});
