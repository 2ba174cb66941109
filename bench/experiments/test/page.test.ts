import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { experiments } from "../experiments.ts";
import { published } from "../harness/places.ts";
import { pageOf, plotsOf, readResults } from "../page/page.ts";

const results = readResults(experiments, published);

test("the page is what the results in git give; to update it: bun run experiment page", () => {
  assert.equal(readFileSync(published.page, "utf8"), pageOf(experiments, results));
});

test("the plots are what the results in git give", async () => {
  for (const [name, svg] of await plotsOf(experiments, results))
    assert.ok(
      existsSync(join(published.plots, name)) && readFileSync(join(published.plots, name), "utf8") === svg,
      name,
    );
});

test("no result in git is from a quick run, and all are from the same weights", () => {
  const pairs = [...results.values()].map(({ quick, pair: { target, draft } }) =>
    JSON.stringify({ quick, target, draft }),
  );
  assert.ok(new Set(pairs).size <= 1);
  assert.ok([...results.values()].every(({ quick }) => !quick));
});
