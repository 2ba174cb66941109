import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type LabelRun, type LabelSource, parseLabels, runLabels } from "../src/index.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-labels-"));
after(() => rm(folder, { recursive: true }));

const source: LabelSource = {
  method: "self",
  target: "t",
  draft: "d",
  vocabulary: 100,
  settings: { tau: -1, suffix: 20 },
};
const label: LabelRun["label"] = async (index) => ({
  group: index % 2 === 0 ? "even" : undefined,
  prompt: [1, 2],
  answer: [index, 3],
  labels: [
    { at: 0, token: 7, fine: index > 2, score: index - 2.5 },
    { at: 1, token: 8, fine: false },
  ],
});
const whole = join(folder, "deep", "whole.jsonl");
const counts = await runLabels({ file: whole, source, count: 6, label });
const bytes = await readFile(whole, "utf8");

test("a run writes the source and a line for each answer, and counts them", () => {
  assert.deepEqual(counts, { answers: 6, labels: 12, fine: 3 });
  const { source: found, answers } = parseLabels(bytes);
  assert.deepEqual([found, answers.length, answers[4]?.answer], [source, 6, [4, 3]]);
});

test("a file that ends anywhere is continued to the same bytes, and no answer is labelled twice", async () => {
  const file = join(folder, "cut.jsonl");
  for (let length = 0; length <= bytes.length; length += 7) {
    await writeFile(file, bytes.slice(0, length));
    const complete = bytes.slice(0, length).split("\n").length - 1;
    const asked: number[] = [];
    const shown: number[] = [];
    const again = await runLabels({
      ...{ file, source, count: 6 },
      label: (index) => {
        asked.push(index);
        return label(index);
      },
      progress: (done) => shown.push(done),
    });
    assert.equal(await readFile(file, "utf8"), bytes, `cut at ${length}`);
    const begun = Math.max(0, complete - 1);
    assert.deepEqual(
      asked,
      [0, 1, 2, 3, 4, 5].filter((index) => index >= begun),
    );
    assert.deepEqual(shown, [...asked, 6]);
    assert.deepEqual(again, counts);
  }
});

test("a run with a higher count goes on, and one with a lower count leaves the file as it is", async () => {
  const file = join(folder, "grown.jsonl");
  await runLabels({ file, source, count: 2, label });
  await runLabels({ file, source, count: 6, label });
  assert.equal(await readFile(file, "utf8"), bytes);
  assert.deepEqual(await runLabels({ file, source, count: 1, label }), counts);
  assert.equal(await readFile(file, "utf8"), bytes);
});

test("other settings are refused by name, and a file of another kind is left alone", async () => {
  const other = { ...source, settings: { tau: 0, suffix: 20 } };
  await assert.rejects(runLabels({ file: whole, source: other, count: 6, label }), /made with tau -1, not 0/);
  await assert.rejects(
    runLabels({ file: whole, source: { ...source, target: "u" }, count: 6, label }),
    /target "t", not "u"/,
  );
  assert.equal(await readFile(whole, "utf8"), bytes);
  const notes = join(folder, "notes.txt");
  await writeFile(notes, "remember the milk");
  await assert.rejects(runLabels({ file: notes, source, count: 6, label }), /line 1 is not valid/);
  assert.equal(await readFile(notes, "utf8"), "remember the milk");
});

test("an error leaves the answers before it in the file", async () => {
  const file = join(folder, "failed.jsonl");
  const failing: LabelRun["label"] = (index) => (index === 3 ? Promise.reject(new Error("lost")) : label(index));
  await assert.rejects(runLabels({ file, source, count: 6, label: failing }), /lost/);
  assert.equal(await readFile(file, "utf8"), `${bytes.split("\n").slice(0, 4).join("\n")}\n`);
});
