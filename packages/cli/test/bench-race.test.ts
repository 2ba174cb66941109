import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RaceReport } from "@lenity/bench/race";
import { run } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-race-"));
after(() => rm(folder, { recursive: true }));
const out = join(folder, "race.json");
const race = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(["bench", "race", "--folder", folder, "--out", out, "--max-tokens", "40", ...args], undefined, {
    NO_COLOR: "1",
    ...env,
  });
const report = async (): Promise<RaceReport> => JSON.parse(await readFile(out, "utf8"));

test("lenity bench race --quick installs nothing, says which lanes are missing, and writes what it prints", async () => {
  const { status, out: tables, err } = await race(["--quick"]);
  assert.equal(status, 0, err);
  const { rows, missing, texts, problems, machine } = await report();
  assert.equal(problems, 2);
  assert.deepEqual(rows.map(({ name }) => name).sort(), ["lenity fp32 plain t1", "lenity fp32 strict t1"]);
  for (const { name, decode, endToEnd, firstToken, perCpuSecond, memory } of rows) {
    const figures = [decode.median, endToEnd.median, firstToken.median, perCpuSecond.median, memory];
    assert.ok(
      figures.every((figure) => figure > 0 && Number.isFinite(figure)),
      `${name} ${figures}`,
    );
    assert.ok(tables.includes(`| ${name} `), tables);
  }
  assert.deepEqual(texts, [
    {
      ...{ lane: "lenity fp32 strict t1", engine: "lenity", reference: "lenity fp32 plain t1" },
      ...{ answers: 2, equal: 2, differences: [] },
    },
  ]);
  assert.deepEqual(
    missing.map(({ lane }) => lane),
    ["llama.cpp f32 plain t1", "transformers.js fp32 t1"],
  );
  for (const { lane, reason } of missing) {
    assert.match(reason, /not installed/);
    assert.ok(err.includes(`${lane} is missing`), err);
  }
  assert.ok(machine.cores > 0 && machine.processor !== "");
});

test("without npm it says so for each lane of another program", async () => {
  const lanes = ["--lanes", "q8_0 plain t1", "--problems", "1", "--chunk", "1"];
  const { status, err } = await race(lanes, { PATH: folder });
  assert.equal(status, 0, err);
  const { rows, missing } = await report();
  assert.deepEqual([rows, missing.map(({ lane }) => lane)], [[], ["llama.cpp q8_0 plain t1"]]);
  assert.match(missing[0]?.reason ?? "", /npm could not/);
});

test("lanes that do not exist are refused", async () => {
  const { status, err } = await race(["--lanes", "vllm"]);
  assert.equal(status, 1);
  assert.match(err, /No lane has vllm in its name/);
});
