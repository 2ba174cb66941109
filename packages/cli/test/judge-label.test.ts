/** `lenity judge label` on the built-in pair, also ended in the middle. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { seeded } from "@lenity/core";
import * as tiny from "@lenity/tiny";
import { defaultTau, parseLabels } from "@lenity/train";
import { run as lenity, main } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-label-"));
after(() => rm(folder, { recursive: true }));

const random = seeded(3);
const problems = Array.from({ length: 6 }, () => tiny.problem(random, "train", "words"));
const prompts = join(folder, "prompts.jsonl");
await writeFile(
  prompts,
  problems
    .map(({ question, answer, template }) => {
      const right = [tiny.phrase(answer, random), tiny.phrase(answer, random)];
      return { question, answer: right[0], group: template, right, wrong: `${right[0]?.slice(0, 40)}?` };
    })
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(""),
);
const path = (name: string) => join(folder, name);
const label = (...args: readonly string[]) => lenity(["judge", "label", "--prompts", prompts, ...args]);
const labels = async (name: string) => parseLabels(await readFile(path(name), "utf8"));

describe("lenity judge label", () => {
  test("--mining that is killed and started again writes the same file, byte for byte", async () => {
    const { status, out, err } = await label("--mining", "--out", path("whole.jsonl"));
    assert.equal(status, 0, err);
    const whole = await readFile(path("whole.jsonl"), "utf8");
    const { source, answers } = parseLabels(whole);
    assert.deepEqual([source.method, source.target, answers.length], ["mining", "tiny", problems.length]);
    assert.deepEqual(
      answers.map(({ group }) => group),
      problems.map(({ template }) => template),
    );
    const all = answers.flatMap((answer) => answer.labels);
    const fine = all.filter((each) => each.fine).length;
    assert.ok(fine > 0 && fine < all.length);
    assert.equal(out, `${path("whole.jsonl")}: 6 answers with ${all.length} labels, ${fine} of them fine\n`);

    for (const lines of [2, 4]) {
      const left = await killedAfter(lines, "--mining", "--out", path("killed.jsonl"));
      assert.ok(left.length < whole.length && whole.startsWith(left), `${lines} lines`);
    }
    const resumed = await label("--mining", "--out", path("killed.jsonl"));
    assert.equal(resumed.out, out.replace("whole", "killed"));
    assert.match(resumed.err, /^[3-5] of 6 prompts\n/);
    assert.equal(await readFile(path("killed.jsonl"), "utf8"), whole);
  });

  test("--self scores every mismatch, and τ decides; --tau-from takes it from mined labels", async () => {
    const args = ["--self", "--limit", "2", "--suffix", "10"];
    assert.equal((await label(...args, "--tau", "-3", "--out", path("self.jsonl"))).status, 0);
    const { source, answers } = await labels("self.jsonl");
    const { promptsHash: _, ...settings } = source.settings;
    assert.deepEqual(settings, { suffix: 10, tau: -3, maxTokens: 512 });
    const all = answers.flatMap((answer) => answer.labels);
    const text = await readFile(path("self.jsonl"), "utf8");
    const scores = [...text.matchAll(/"fine":(true|false),"score":(-?[\d.]+)/g)];
    assert.equal(scores.length, all.length);
    for (const [, fine, score] of scores) assert.equal(fine === "true", Number(score) > -3);
    assert.ok(scores.some(([, fine]) => fine === "true"));

    const { err } = await label(...args, "--tau-from", path("whole.jsonl"), "--out", path("tau.jsonl"));
    const tau = (await labels("tau.jsonl")).source.settings["tau"];
    assert.match(err, new RegExp(`^lenity: τ is ${tau}\\.\n`));
    assert.ok(Number.isFinite(tau) && tau !== defaultTau, `${tau}`);
  });

  test("--spans writes a line for each right and wrong answer", async () => {
    const { out, err } = await label("--spans", "--limit", "2", "--after", "1", "--out", path("spans.jsonl"));
    const { answers, source } = await labels("spans.jsonl");
    assert.deepEqual([answers.length, source.draft], [6, undefined]);
    for (const [i, { labels }] of answers.entries()) {
      const errors = labels.filter(({ fine }) => !fine).length;
      if (i % 3 === 2) assert.ok(errors >= 1);
      else assert.equal(errors, 0);
    }
    assert.match(out, /spans\.jsonl: 6 answers with \d+ labels, \d+ of them fine\n$/);
    assert.match(err, /6 of 6 answers\n$/);
  });

  test("refuses, before it labels, other settings for the same file, and flags that do not belong together", async () => {
    const bare = path("bare.jsonl");
    await writeFile(bare, '{"question": "Hi"}');
    const refused = async (pattern: RegExp, ...args: readonly string[]) => {
      const { status, err } = await label(...args);
      assert.ok(!/\d of \d/.test(err), err);
      assert.equal(status, 1);
      assert.match(err, pattern);
    };
    await refused(
      /made with answer "number", not "exact"/,
      "--mining",
      "--answer",
      "exact",
      "--out",
      path("whole.jsonl"),
    );
    await refused(/Expected one of --spans, --mining and --self; none given/);
    await refused(/--self; 2 given/, "--spans", "--self");
    await refused(/--tau-from has no effect with --mining/, "--mining", "--tau-from", "x");
    await refused(/Use only one of them/, "--self", "--tau", "1", "--tau-from", "x");
    await refused(/Set --draft/, "--mining", "--model", "packages/tiny/target", "--out", path("x.jsonl"));
    await refused(
      /labels of tiny from --self; expected labels of tiny from --mining/,
      "--self",
      "--tau-from",
      path("self.jsonl"),
    );
  });
});

/** Starts labelling, ends the process once the file has this many answers, and returns what is in the file. */
async function killedAfter(answers: number, ...args: readonly string[]): Promise<string> {
  const file = args.at(-1) as string;
  const child = spawn(process.execPath, [main, "judge", "label", "--prompts", prompts, ...args], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const read = () => readFile(file, "utf8").catch(() => "");
  while ((await read()).split("\n").length < answers + 2 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  await ended;
  assert.equal(child.signalCode, "SIGKILL");
  return read();
}
