import assert from "node:assert/strict";
import { access, appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { keptAnswers } from "../src/kept-answers.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-kept-"));
after(() => rm(folder, { recursive: true }));
const file = join(folder, "calibrated.json.answers.jsonl");
const answer = { text: "five\n#### 5", emitted: 9, rounds: 3, relaxed: 1 };

test("answers are there again for a run with the same settings, without a line that was cut off", async () => {
  const first = await keptAnswers<typeof answer>(file, { seed: 1 });
  await first.add("strict", 0, answer);
  await first.add("judi", 0, { ...answer, relaxed: 2 });
  await appendFile(file, '["1 strict",{"text":"fi');
  const second = await keptAnswers<typeof answer>(file, { seed: 1 });
  assert.equal(second.count, 2);
  assert.deepEqual(second.get("strict", 0), answer);
  assert.equal(second.get("judi", 0)?.relaxed, 2);
  assert.equal(second.get("strict", 1), undefined);
  await second.add("strict", 1, answer);
  assert.equal((await keptAnswers<typeof answer>(file, { seed: 1 })).count, 3);
});

test("a run with other settings begins anew", async () => {
  const other = await keptAnswers<typeof answer>(file, { seed: 2 });
  assert.equal(other.count, 0);
  assert.match(await readFile(file, "utf8"), /^\{"seed":1\}\n/);
  await other.add("strict", 0, answer);
  assert.equal(await readFile(file, "utf8"), `{"seed":2}\n["0 strict",${JSON.stringify(answer)}]\n`);
});

test("a run that is done leaves no file", async () => {
  await (await keptAnswers<typeof answer>(file, { seed: 2 })).remove();
  await assert.rejects(access(file), { code: "ENOENT" });
});
