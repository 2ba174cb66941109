import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { difference, relativeDifference, span } from "../src/checks/difference.ts";
import { probeTokens } from "../src/checks/probe-tokens.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: never } = Number;
const row = (...values: number[]) => Float32Array.from(values);

describe("probeTokens", () => {
  test("are ids of the model without 0, and differ as long as there are others", () => {
    for (const ids of [2, 3, 50, 8000, 151_936]) {
      const tokens = probeTokens(80, ids);
      assert.ok(tokens.every((token) => Number.isInteger(token) && token >= 1 && token < ids));
      assert.ok(new Set(tokens).size >= Math.min(40, ids - 1), `${ids} ids`);
    }
  });

  test("are id 0 for a model that has no other", () => assert.deepEqual(probeTokens(3, 1), [0, 0, 0]));

  test("begin a longer probe as a shorter one", () =>
    assert.deepEqual(probeTokens(80, 50).slice(0, 7), probeTokens(7, 50)));
});

describe("how far apart two rows are", () => {
  test("is the largest difference, and its share of what the expected one spans", () => {
    assert.equal(difference(row(1, 2, 3), row(1, 4, 3)), 2);
    assert.equal(span(row(-1, 7, 3)), 8);
    assert.equal(relativeDifference(row(1, 2, 3), row(1, 4, 5)), 0.5);
  });

  test("is nothing where both are −∞, which spans nothing either", () => {
    assert.equal(difference(row(never, 1), row(never, 1)), 0);
    assert.equal(span(row(never, 1, 3)), 2);
    assert.equal(relativeDifference(row(5, 5), row(5, 5)), 0);
  });

  test("is infinite where one is −∞ alone or no number", () => {
    for (const bad of [never, nan, infinity]) {
      assert.equal(difference(row(bad, 1), row(0, 1)), infinity);
      assert.equal(difference(row(0, 1), row(bad, 1)), infinity);
    }
    assert.equal(difference(row(nan), row(nan)), infinity);
  });
});
