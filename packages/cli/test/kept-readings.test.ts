import assert from "node:assert/strict";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { keptReadings } from "../src/kept-readings.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-readings-"));
after(() => rm(folder, { recursive: true }));
const file = join(folder, "judge.json.readings.jsonl");

test("readings are the same to the bit in a run that goes on, without a draft model too", async () => {
  const numbers = [
    { fine: true, same: false, kl: Number.NaN, entropy: 0.1 + 0.2, margin: 1e-9 },
    { fine: false, same: true, kl: 1.5, entropy: 2, margin: 3 },
  ];
  const all = Float32Array.from([9, 0.1, -0, 3e-40, 5]);
  const first = await keptReadings(file, { labels: ["a"] });
  assert.equal(first.get(0), undefined);
  await first.add(0, { numbers, states: all.subarray(1) });
  const second = await keptReadings(file, { labels: ["a"] });
  assert.deepEqual(second.get(0), { numbers, states: all.slice(1) });
  assert.equal(second.get(1), undefined);
  await second.remove();
  await assert.rejects(access(file), { code: "ENOENT" });
});

test("readings of other labels are not used", async () => {
  await (await keptReadings(file, { labels: ["a"] })).add(0, { numbers: [], states: new Float32Array() });
  assert.equal((await keptReadings(file, { labels: ["b"] })).get(0), undefined);
});
