import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import { type BlockFormat, type BlockMatrix, quantizeBlocks } from "../src/export/block-quantize.ts";
import { groupOf } from "../src/export/compensation.ts";
import { dequantized } from "./dequantize.ts";

const [rows, columns] = [6, 80];
const random = seeded(4);
const matrix = Float32Array.from({ length: rows * columns }, (_, i) => (random() - 0.4) * (1 + (i % 7)));
const format: BlockFormat = { bits: 4, block: 32, zeroPoints: false, filled: true };
const stored = (format: BlockFormat, products?: Float32Array): number[] =>
  dequantized(quantizeBlocks(matrix, rows, columns, format, products), rows, columns, format);

/** The products of inputs whose columns have nothing to do with each other, by their squares. */
function apart(squares: ArrayLike<number>): Float32Array {
  const products = new Float32Array(columns * columns);
  for (let i = 0; i < columns; i++) products[i * (columns + 1)] = squares[i] as number;
  return products;
}

/** X^T X of inputs in groups of `group` columns that go together: each has a part of the one before. */
function together(group: number): Float32Array {
  const inputs = Array.from({ length: 400 }, () => {
    let last = 0;
    return Array.from({ length: columns }, () => (last = 0.8 * last + random() - 0.5));
  });
  const products = new Float32Array(columns * group);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < group; j++) {
      const other = i - (i % group) + j;
      products[i * group + j] = inputs.reduce((sum, row) => sum + (row[i] as number) * (row[other] as number), 0);
    }
  }
  return products;
}

/** The sum over all rows of e H e, where e is the error of a row in float64. */
function outputError(values: readonly number[], products: Float32Array): number {
  const group = products.length / columns;
  const apart = values.map((value, i) => value - (matrix[i] as number));
  return apart.reduce((sum, one, at) => {
    const column = at % columns;
    const first = at - (column % group);
    let row = 0;
    for (let j = 0; j < group; j++) row += (products[column * group + j] as number) * (apart[first + j] as number);
    return sum + one * row;
  }, 0);
}

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

const error = (values: readonly number[], importance?: readonly number[]) =>
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
    const importance = Array.from({ length: columns }, (_, i) => (i % 4 === 0 ? 100 : 1));
    assert.ok(error(stored(format, apart(importance)), importance) < 0.9 * error(stored(format), importance));
  });

  for (const group of [80, 20]) {
    for (const zeroPoints of [false, true]) {
      test(`makes up for errors in groups of ${group} columns that go together, ${zeroPoints ? "with" : "without"} zero points`, () => {
        const [one, products] = [{ ...format, zeroPoints }, together(group)];
        const squares = Float32Array.from({ length: columns }, (_, i) => products[i * group + (i % group)] as number);
        const plain = outputError(stored(one, apart(squares)), products);
        assert.ok(outputError(stored(one, products), products) < 0.6 * plain);
      });
    }
  }

  test("rounds the next weight so that it makes up for the last", () => {
    // Two columns with equal inputs: only the sum of their weights matters. Steps are 1 in blocks from −8.
    const weights = Float32Array.of(-8, 0.4, 0.4, 0);
    const products = Float32Array.from({ length: 16 }, (_, i) => ([0, 5, 6, 9, 10, 15].includes(i) ? 1 : 0));
    const one = { bits: 4, block: 4, zeroPoints: false, filled: true } as const;
    const values = dequantized(quantizeBlocks(weights, 1, 4, one, products), 1, 4, one);
    assert.deepEqual(
      values.map((value) => Math.round(value)),
      [-8, 0, 1, 0],
    );
  });

  test("makes groups of equal size", () => {
    assert.deepEqual([32, 256, 384, 576, 960, 2048, 8960, 263].map(groupOf), [32, 256, 192, 192, 240, 256, 256, 1]);
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
      assert.ok(stored(one, apart(new Float32Array(columns))).every(Number.isFinite));
    }
  });
});
