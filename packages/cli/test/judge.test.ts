/** A judge from prompts to use, by the commands that label, fit and evaluate. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { seeded } from "@lenity/core";
import * as tiny from "@lenity/tiny";
import type { Evaluation, Provenance } from "@lenity/train";
import { run as lenity } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-judge-"));
after(() => rm(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const target = fileURLToPath(tiny.target);

/** For a busy machine. */
const slow = { timeout: 600_000 };

/** Runs a command of the group, which must succeed. */
async function judge(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  const { status, out, err } = await lenity(["judge", ...args]);
  assert.equal(status, 0, err);
  return { out, err };
}

/** Labels problems with right answers, and with answers in which a digit is wrong. */
async function label(name: string, side: "train" | "held-out", count: number): Promise<void> {
  const random = seeded(side === "train" ? 1 : 2);
  const next = (digit: string) => String((Number(digit) + 3) % 10);
  const lines = Array.from({ length: count }, (_, i) => {
    const { question, answer } = tiny.problem(random, side, "words");
    const right = [tiny.phrase(answer, random), tiny.phrase(answer, random)];
    const wrong = [right[0]?.replace(/(?<== )\d/, next), right[1]?.replace(/\d(?=\D*$)/, next)];
    return JSON.stringify({ question, right, wrong, group: i % 2 === 0 ? "even" : "odd" });
  });
  await writeFile(path(`${name}.prompts`), `${lines.join("\n")}\n`);
  await judge("label", "--spans", "--prompts", path(`${name}.prompts`), "--out", path(name));
}

before(async () => {
  await label("train.jsonl", "train", 24);
  await label("held-out.jsonl", "held-out", 10);
}, slow);

describe("lenity judge fit and eval", () => {
  test("give a head that knows wrong digits in problems that it has not seen, and that chat uses", slow, async () => {
    const { out } = await judge("fit", path("train.jsonl"), "--out", path("judge.json"));
    assert.match(out, /judge\.json: judge head on pre-norm hidden states\n/);
    assert.match(out, /^\| training +\| +\d+ \| +\d+ \| +\d+ \|$/m);
    assert.match(out, /^\| 0\.1 +\| +[01]\.\d{4} \| +(chosen)? *\|$/m);
    assert.match(out, /recall of 95\.0 % at threshold 0\.5\./);

    const report = await judge("eval", path("judge.json"), path("held-out.jsonl"));
    assert.match(report.out, /^\| mismatches +\| +\d+ \| +\d+ \| +[01]\.\d{3} \|/m);
    assert.match(report.out, /^\| group odd /m);
    assert.match(report.out, /^\| 0\.5 +\| +[\d.]+ % \| +[\d.]+ % \| +[\d.]+ % \|$/m);
    assert.match(report.out, /^\| 0\.0 – 0\.1 +\|/m);
    assert.doesNotMatch(report.err, /trained on/);

    const { all, mismatches, groups } = await evaluation("judge.json", "held-out.jsonl");
    assert.ok((all.area as number) > 0.95 && (mismatches?.area as number) > 0.9, `${all.area} ${mismatches?.area}`);
    assert.equal(all.tokens, (groups["even"]?.tokens as number) + (groups["odd"]?.tokens as number));
    for (const name of ["kl", "entropy", "margin"] as const) assert.ok(Math.abs(all.correlation[name] as number) <= 1);
    assert.ok(mismatches?.thresholds.some(({ threshold, recall }) => threshold === 0.5 && (recall as number) > 0.8));

    assert.ok((await relaxed("judge.json")) > 0);
  });

  test("write where the head comes from into its file, the same each time", slow, async () => {
    const args = [
      "fit",
      path("train.jsonl"),
      path("held-out.jsonl"),
      "--recall",
      "0.9",
      "--decays",
      "0.1",
      "1",
      "--json",
    ];
    const { out } = await judge(...args, "--out", path("twice.json"));
    const file = await readFile(path("twice.json"), "utf8");
    const { provenance, ...head } = JSON.parse(file) as { provenance: Provenance; weight: number[] };
    assert.deepEqual(Object.keys(head), ["features", "hidden", "weight", "bias"]);
    assert.deepEqual(JSON.parse(out), { out: path("twice.json"), ...provenance });
    assert.equal(provenance.target, "tiny");
    assert.deepEqual(
      provenance.labels.map(({ file }) => file),
      ["train.jsonl", "held-out.jsonl"],
    );
    const [{ sha256, answers, tokens } = assert.fail()] = provenance.labels;
    assert.equal(
      sha256,
      createHash("sha256")
        .update(await readFile(path("train.jsonl")))
        .digest("hex"),
    );
    assert.equal(answers, 96);
    const { trained, validation, decays, recall } = provenance.fit;
    assert.equal(trained.tokens + validation.tokens, tokens + (provenance.labels[1]?.tokens as number));
    assert.deepEqual([decays.map(({ decay }) => decay), recall], [[1, 0.1], 0.9]);
    await judge(...args, "--out", path("twice.json"));
    assert.equal(await readFile(path("twice.json"), "utf8"), file);
    const { err } = await judge("eval", path("twice.json"), path("held-out.jsonl"));
    assert.match(err, /^lenity: the head was trained on held-out\.jsonl, so /m);
  });

  test("take the states of a layer of the target and of the draft, which chat then reads", slow, async () => {
    const args = ["--features", "both", "--hidden", "layer-4", "--draft-hidden", "post-norm"];
    const { out } = await judge("fit", path("train.jsonl"), ...args, "--out", path("both.json"));
    assert.match(out, /judge head on layer-4 \(target\) and post-norm \(draft\) hidden states\n/);
    const { provenance } = JSON.parse(await readFile(path("both.json"), "utf8"));
    assert.equal(provenance.draft, "draft");
    assert.ok(((await evaluation("both.json", "held-out.jsonl")).all.area as number) > 0.9);
    assert.ok((await relaxed("both.json")) > 0);
  });

  test("make an AutoJudge head, whose threshold is that of its preset", slow, async () => {
    await judge("fit", path("train.jsonl"), "--head", "autojudge", "--out", path("autojudge.json"));
    const { all, mismatches } = await evaluation("autojudge.json", "held-out.jsonl");
    assert.ok((all.area as number) > 0.95);
    assert.ok(mismatches?.thresholds.some(({ threshold, recall }) => threshold === 0.1 && (recall as number) > 0.8));
  });

  test("evaluate the heads of the built-in pair", slow, async () => {
    // AutoJudge learnt only from tokens that the draft proposes, and wrong digits are none of these.
    for (const [kind, least] of [
      ["judge", 0.8],
      ["autojudge", 0.6],
    ] as const) {
      const { area } = (await evaluation(join(target, `${kind}.json`), "held-out.jsonl")).all;
      assert.ok((area as number) > least, `${kind} ${area}`);
    }
  });
});

describe("lenity judge fit and eval refuse, with what to do,", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      "a label file that is not there",
      ["fit", path("none.jsonl")],
      /Cannot read the label file .*none\.jsonl: .*ENOENT/,
    ],
    ["a file that is none", ["fit", path("train.jsonl.prompts")], /prompts, line 1 is not valid: .*lenity judge label/],
    [
      "labels of another vocabulary",
      ["fit", path("other.jsonl")],
      /other\.jsonl has labels of other with a vocabulary of 9, but tiny has \d+\. Use labels made with this target/,
    ],
    ["labels of one class", ["fit", path("few.jsonl")], /0 are fine and 0 must be rejected; .*Label more prompts/],
    [
      "an evaluation without labels",
      ["eval", join(target, "judge.json"), path("few.jsonl")],
      /few\.jsonl: there are no labels/,
    ],
    ["a head that is none", ["eval", path("train.jsonl.prompts"), path("train.jsonl")], /Cannot read the head .*JSON/],
    ["a head of another form", ["eval", join(target, "config.json"), path("train.jsonl")], /judge head is not valid/],
    [
      "a layer that is not there",
      ["fit", path("train.jsonl"), "--hidden", "layer-99"],
      /returns no layer-99 hidden states/,
    ],
    ["a state that is none", ["fit", path("train.jsonl"), "--hidden", "last"], /Expected pre-norm, post-norm, layer-N/],
    [
      "features of a draft without one",
      ["fit", path("train.jsonl"), "--model", target, "--features", "both"],
      /"both" need a draft model, and there is none/,
    ],
    [
      "a place that it cannot write to",
      ["fit", path("train.jsonl"), "--out", folder],
      /Cannot write .*Choose another file with --out/,
    ],
    ["a recall above 1", ["fit", path("train.jsonl"), "--recall", "95"], /Expected a number from 0\.01 to 1/],
  ];
  before(async () => {
    const [source = ""] = (await readFile(path("train.jsonl"), "utf8")).split("\n", 1);
    await writeFile(path("few.jsonl"), `${source}\n`);
    await writeFile(
      path("other.jsonl"),
      `${JSON.stringify({ ...JSON.parse(source), target: "other", vocabulary: 9 })}\n`,
    );
  });
  for (const [what, args, message] of cases) {
    test(what, async () => {
      const { status, err } = await lenity(["judge", ...args]);
      assert.equal(status, 1);
      assert.match(err.replaceAll("\n", " "), message);
      assert.doesNotMatch(err, /at .*\.ts:\d+/, "a stack trace is no message");
    });
  }
});

async function evaluation(head: string, labels: string): Promise<Evaluation> {
  const file = head.includes("/") ? head : path(head);
  return JSON.parse((await judge("eval", file, path(labels), "--json")).out);
}

/** How many tokens of an answer are accepted by relaxation under the preset `judge` with this head. */
async function relaxed(head: string): Promise<number> {
  const { question } = tiny.problem(seeded(77), "held-out", "words");
  const { out, err } = await lenity(["chat", question, "--policy", "judge", "--judge", path(head), "--json"]);
  assert.notEqual(out, "", err);
  return JSON.parse(out).metrics.acceptance.relaxed;
}
