/** The short form of the fuzzer; fuzz-long.ts is the long one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "./fuzz/fuzz.ts";

test("2000 changed requests: no fault, no hang, errors that name their field, and the next request works", {
  timeout: 600_000,
}, async () => {
  const statuses = await fuzz({ run: 1, count: 2000 });
  // Some changes leave the body valid, or there would be nothing to see.
  assert.ok((statuses[200] ?? 0) > 100 && (statuses[400] ?? 0) > 500, JSON.stringify(statuses));
});
