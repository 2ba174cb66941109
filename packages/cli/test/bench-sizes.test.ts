import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { SizesReport } from "@lenity/bench/sizes";
import { run } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-sizes-"));
after(() => rm(folder, { recursive: true }));
const out = join(folder, "sizes.json");
const sizes = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const lengths = ["--quick", "--weights", "int4", "--blocks", "1", "8", "--prompt", "32", "--turns", "1"];
  const flags = [...lengths, "--threads", "1", "--folder", join(folder, "models"), "--out", out];
  return run(["bench", "sizes", ...flags, ...args], undefined, { NO_COLOR: "1", ...env });
};
const report = async (): Promise<SizesReport> => JSON.parse(await readFile(out, "utf8"));

test("lenity bench sizes --resume keeps what is measured, and refuses figures of other settings", async () => {
  assert.equal((await sizes(["--contexts", "40"])).status, 0);
  const first = (await report()).rows[0]?.cells ?? [];
  const { status, err } = await sizes(["--contexts", "40", "60", "--resume"]);
  assert.equal(status, 0, err);
  const { rows } = await report();
  const cells = rows[0]?.cells ?? [];
  assert.deepEqual([rows.length, first.length, cells.length], [1, 3, 6]);
  assert.deepEqual(cells.slice(0, 3), first);
  assert.ok(cells.slice(3).every(({ context }) => context === 60));

  const other = await sizes(["--contexts", "40", "--turns", "2", "--resume"]);
  assert.equal(other.status, 1);
  assert.match(other.err, /earlier figures are of turns 1, and this run is of 2/);
});

test("lenity bench sizes --peers says which programs are missing, and measures without them", async () => {
  const {
    status,
    out: tables,
    err,
  } = await sizes(["--contexts", "40", "--peers", "llama.cpp", "transformers.js", "--peers-folder", folder], {
    PATH: folder,
  });
  assert.equal(status, 0, err);
  for (const engine of ["llama.cpp", "transformers.js"])
    assert.ok(err.includes(`${engine} is missing: npm could not`), err);
  assert.doesNotMatch(tables, /times lenity's/);
  assert.deepEqual((await report()).peers, []);
});
