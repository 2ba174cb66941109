import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import { type BlockFormat, type BlockMatrix, quantizeBlocks } from "../src/export/block-quantize.ts";
import { dequantized } from "./dequantize.ts";

const [rows, columns] = [6, 80];
const random = seeded(4);
const matrix = Float32Array.from({ length: rows * columns }, (_, i) => (random() - 0.4) * (1 + (i % 7)));
const format: BlockFormat = { bits: 4, block: 32, zeroPoints: false, filled: true };
const stored = (format: BlockFormat, importance?: Float64Array): number[] =>
  dequantized(quantizeBlocks(matrix, rows, columns, format, importance), rows, columns, format);

/** Rounding to the nearest of the steps of a range, without a search for a better one. */
function nearest({ bits, block, zeroPoints }: BlockFormat): number[] {
  const out: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let begin = 0; begin < columns; begin += block) {
      const part = matrix.slice(row * columns + begin, row * columns + Math.min(columns, begin + block));
      const [low, high] = [Math.min(0, ...part), Math.max(0, ...part)];
      const half = 2 ** (bits - 1);
      const scale = zeroPoints ? (high - low) / (2 * half - 1) : Math.max(high, -low) / half;
      const zero = zeroPoints ? Math.round(-low / scale) : half;
      const step = (value: number) => Math.min(2 * half - 1, Math.max(0, Math.round(value / scale) + zero));
      out.push(...Array.from(part, (value) => scale * (step(value) - zero)));
    }
  }
  return out;
}

const error = (values: readonly number[], importance?: Float64Array) =>
  values.reduce((sum, value, i) => {
    const apart = value - (matrix[i] as number);
    return sum + (importance?.[i % columns] ?? 1) * apart * apart;
  }, 0);

describe("quantizeBlocks", () => {
  for (const bits of [4, 8] as const) {
    for (const zeroPoints of [false, true]) {
      test(`keeps weights of ${bits} bits ${zeroPoints ? "with" : "without"} zero points at least as well as plain rounding`, () => {
        const one = { ...format, bits, zeroPoints };
        assert.ok(error(stored(one)) <= 1.0001 * error(nearest(one)));
        const all = error(new Array<number>(matrix.length).fill(0));
        assert.ok(error(stored(one)) < all / (bits === 4 ? 50 : 10000));
      });
    }
  }

  test("searches scales, which plain rounding of four bits does not", () => {
    assert.ok(error(stored(format)) < 0.9 * error(nearest(format)));
  });

  test("makes the errors of important columns smaller", () => {
    const importance = Float64Array.from({ length: columns }, (_, i) => (i % 4 === 0 ? 100 : 1));
    assert.ok(error(stored(format, importance), importance) < 0.9 * error(stored(format), importance));
  });

  test("stores rows without filling up their last block if asked", () => {
    const cut = { ...format, filled: false };
    assert.equal(quantizeBlocks(matrix, rows, columns, cut).values.length, (rows * columns) / 2);
    assert.deepEqual(stored(cut), stored(format));
  });

  test("fills up a last block with zeros", () => {
    const all: BlockMatrix = quantizeBlocks(matrix, rows, columns, format);
    const wide = dequantized(all, rows, 96, format);
    for (let row = 0; row < rows; row++)
      assert.ok(wide.slice(row * 96 + columns, (row + 1) * 96).every((value) => value === 0));
  });

  test("keeps zeros, and columns that no input reaches", () => {
    for (const zeroPoints of [false, true]) {
      const one = { ...format, zeroPoints };
      const zero = quantizeBlocks(new Float32Array(64), 1, 64, one);
      assert.ok(dequantized(zero, 1, 64, one).every((value) => value === 0));
      assert.ok(stored(one, new Float64Array(columns)).every(Number.isFinite));
    }
  });
});
