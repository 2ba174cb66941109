/** The conformance tests for the rule in nearly.ts. Run: bun test examples/custom-verifier.test.ts */
import { describe, test } from "node:test";
import { conformance } from "@lenity/core/testing";
import { nearly } from "./nearly.ts";

describe("nearly", () => {
  for (const { name, skip, run } of conformance(nearly)) test(name, { skip }, run);
});
