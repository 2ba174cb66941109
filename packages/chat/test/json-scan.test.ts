import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonValues } from "../src/json-scan.ts";

test("the values of a JSON text are counted as parsing finds them", () => {
  const values = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + values(one), 1);
    return Object.values(value).reduce<number>((sum, one) => sum + 1 + values(one), 1);
  };
  for (const value of [1, "a,b:[{", '\\"', "\\", [1, [2, "]"], {}], { a: { b: ["\\\\", '"'] }, "c,": null }]) {
    for (const indent of [0, 2]) {
      const counted = jsonValues(JSON.stringify(value, null, indent), 1000);
      // Brackets count one, and so does the first value in them, unless they are empty: at most one more each.
      assert.ok(counted >= values(value) / 2 && counted <= 2 * values(value), `${JSON.stringify(value)}: ${counted}`);
    }
  }
  assert.equal(jsonValues(JSON.stringify("[".repeat(1000)), 10), 1);
  assert.equal(jsonValues("[".repeat(1000), 10), 11);
});
