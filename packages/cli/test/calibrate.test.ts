/** `lenity calibrate` on the built-in pair, and its preset in use. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { seeded } from "@lenity/core";
import type { Metrics } from "@lenity/server";
import * as tiny from "@lenity/tiny";
import { binomialTail } from "@lenity/train";
import { run as lenity, main, serve } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-calibrate-"));
after(() => rm(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

const random = seeded(6);
const problems = Array.from({ length: 12 }, () => tiny.problem(random, "held-out", "words"));
const lines = problems.map(({ question, answer }) => JSON.stringify({ question, answer: tiny.phrase(answer, random) }));
await writeFile(path("prompts.jsonl"), `${lines.join("\n")}\n`);
await writeFile(path("bare.jsonl"), `${problems.map(({ question }) => JSON.stringify({ question })).join("\n")}\n`);

/** Twelve prompts without a loss pass at these limits, with a p-value of 0.75¹² = 0.032. */
const limits = ["--alpha", "0.25", "--delta", "0.05"];
const flags = ["calibrate", "--prompts", path("prompts.jsonl"), "--policy", "judi", ...limits];
const calibrate = (...args: readonly string[]) => lenity([...flags, ...args]);
/** For a busy machine. */
const slow = { timeout: 300_000 };

describe("lenity calibrate", () => {
  test("prints the losses, the guarantee and its conditions, and writes a preset that chat and policies use", async () => {
    const file = path("mine.json");
    const { status, out, err } = await calibrate(
      "--values",
      "2",
      "0.4",
      "--loss",
      "drop",
      "--name",
      "mine",
      "--out",
      file,
    );
    assert.equal(status, 0, err);
    assert.match(out, /^\| +strict \| 0\.0 % \| +12 \| +– \|/m);
    assert.match(out, /^\| +0\.4 \| 0\.0 % \| +12 \| +0\.032 \| .* passed \|$/m);
    assert.match(out, /^\| +2 \| 0\.0 % \| +12 \| +0\.032 \| .* chosen \|$/m);
    assert.match(out, /^The loosest threshold that passed is 2: \{"type":"or"/m);
    assert.match(
      out,
      /^At most 25 % of answers to such prompts are wrong where strict verification's are right, with 95 % confidence\.$/m,
    );
    assert.match(out, /- the 12 prompts are independent draws from the same source as the prompts to come,/);
    assert.match(out, /the target tiny, the draft draft and the drafter model,\n.*draft_tokens 16, temperature 0/);

    const { calibration, ...preset } = JSON.parse(await readFile(file, "utf8"));
    const policy = { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 2, max_confidence: 0.9 }] };
    assert.deepEqual([preset.name, preset.policy, preset.draft_tokens], ["mine", policy, 16]);
    assert.deepEqual([calibration.value, calibration.loss, calibration.target], [2, "drop", "tiny"]);
    for (const step of calibration.steps)
      assert.ok(Math.abs(step.p_value - binomialTail(step.loss * step.prompts, 12, 0.25)) < 1e-12);

    const asked = ["--presets", file, "--policy", "mine", "--json"];
    const chat = await lenity(["chat", ...asked, problems[0]?.question as string]);
    assert.equal(chat.status, 0, chat.err);
    assert.deepEqual(JSON.parse(chat.out).metrics.acceptance.policy, policy);
    assert.doesNotMatch(chat.err, /calibrated on/);
    const { child, url, ended } = await serve("--presets", file, "--policy", "mine");
    const body = JSON.stringify({ messages: [{ role: "user", content: "Hello!" }] });
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/v1/chat/completions`, { method: "POST", body, headers });
    const { metrics } = (await response.json()) as { metrics: Metrics };
    assert.deepEqual(metrics.acceptance.policy, policy);
    assert.equal(metrics.speculative_decoding.num_spec_tokens, 16);
    child.kill("SIGTERM");
    await ended;
    const list = JSON.parse((await lenity(["policies", "--json", "--presets", file])).out);
    assert.deepEqual(list.presets.at(-1), { law: "mixture", ...preset });
  });

  test("that is killed goes on with the answers it has, and ends with the same result", slow, async () => {
    const args = ["--values", "0.4", "2", "--loss", "drop", "--json", "--out"];
    const whole = await calibrate(...args, path("whole.json"));
    const answers = path("killed.json.answers.jsonl");
    const lines = async () => (await readFile(answers, "utf8").catch(() => "")).split("\n").length - 2;
    const child = spawn(process.execPath, [main, ...flags, ...args, path("killed.json")], { stdio: "ignore" });
    const closed = new Promise((resolve) => child.once("close", resolve));
    while ((await lines()) < 9 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill("SIGKILL");
    await closed;
    assert.equal(child.signalCode, "SIGKILL");
    const kept = await lines();
    await appendFile(answers, '["half of a line');

    const resumed = await calibrate(...args, path("killed.json"));
    assert.deepEqual(JSON.parse(resumed.out), JSON.parse(whole.out));
    assert.equal(await readFile(path("killed.json"), "utf8"), await readFile(path("whole.json"), "utf8"));
    const [, first] = /^(\d+) of 36 answers at most/.exec(resumed.err) ?? [];
    assert.ok(Number(first) >= kept, resumed.err);
    await assert.rejects(readFile(answers));
  });

  test("ends at a value that loses, as soon as that is certain, without a preset and with status 1", async () => {
    const { status, out } = await calibrate(
      "--values",
      "0.4",
      "2",
      "--loss",
      "changed",
      "--answer",
      "exact",
      "--out",
      path("none.json"),
    );
    assert.equal(status, 1);
    const [, prompts = ""] = /^\| +0\.4 \| +[\d.]+ % \| +(\d+) \| +≥ [\d.]+ \| .* failed \|$/m.exec(out) ?? [];
    assert.ok(Number(prompts) < 12, out);
    assert.doesNotMatch(out, /^\| +2 \|/m);
    assert.match(out, /No threshold passed, so no preset is written\.\nUse more prompts, a higher --alpha/);
    await assert.rejects(readFile(path("none.json")));
  });

  test("finds a judge's threshold, which is looser downwards, in the preset's own blocks, and needs no references", async () => {
    const { status, out, err } = await lenity([
      ...["calibrate", "--prompts", path("bare.jsonl"), "--policy", "judge", "--loss", "changed", ...limits],
      ...["--values", "0.5", "0.9", "--json", "--out", path("judge.json")],
    ]);
    const { rows, preset, chosen } = JSON.parse(out);
    assert.equal(status, chosen === undefined ? 1 : 0, err);
    assert.deepEqual([rows[0].value, rows[0].loss, rows[1].value], [undefined, 0, 0.9]);
    if (chosen !== undefined) assert.equal(preset.draftTokens, 25);
  });
});

describe("lenity calibrate refuses, before any answer and with what to do,", () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["too few prompts", ["--limit", "10"], /With 10 prompts no value can pass.* need at least 11\. Use more prompts/],
    [
      "prompts without references",
      ["--prompts", path("bare.jsonl")],
      /compares with a prompt's "answer", and the prompt/,
    ],
    ["a policy without a parameter", ["--policy", "strict"], /does not have a rule with a parameter/],
    ["a policy with two", ["--policy", "bounded"], /more than once\. Choose one of budget, of\.threshold/],
    ["an option without known values", ["--parameter", "max_confidence"], /No values are known for any\[1\]\.max_conf/],
    ["values that the rule does not have", ["--values", "-1"], /policy\.any\[1\]\.threshold is -1; expected/],
    ["another temperature for changed", ["--loss", "changed", "--temperature", "1"], /two answers differ by chance/],
    ["a pattern for changed", ["--loss", "changed", "--answer", "regex:a"], /which --answer regex:a cannot/],
    ["a limit of 1", ["--alpha", "1"], /Expected a number from/],
    ["a place that it cannot write to", ["--out", folder], /Cannot write .*Choose another file/],
  ];
  for (const [what, args, message] of cases) {
    test(what, async () => {
      const { status, out, err } = await calibrate("--out", path("refused.json"), ...args);
      assert.deepEqual([status, out], [1, ""]);
      assert.match(err.replaceAll("\n", " "), message);
    });
  }
});

describe("--presets", () => {
  const chat = async (json: unknown) => {
    await writeFile(path("preset.json"), JSON.stringify(json));
    return lenity(["chat", "Hello!", "--presets", path("preset.json"), "--policy", "mine"]);
  };
  test("says that a preset was calibrated on other models, and uses it", async () => {
    const calibration = { target: "big", draft: "small" };
    const { status, err } = await chat({ name: "mine", policy: "judi", calibration });
    assert.equal(status, 0, err);
    assert.match(
      err,
      /preset mine of .*preset\.json was calibrated on big with small, not on tiny with draft, so its guar/,
    );
  });

  for (const [what, json, message] of [
    ["that is no preset", { name: "mine" }, /preset\.json is not a preset at "policy"/],
    ["with a name that is taken", { name: "judi", policy: "strict" }, /names a preset judi, and there is one already/],
    [
      "with a policy that is wrong",
      { name: "mine", policy: { type: "kl" } },
      /preset\.json: policy\.threshold is missing/,
    ],
  ] as const) {
    test(`refuses a file ${what}`, async () => {
      const { status, err } = await chat(json);
      assert.equal(status, 1);
      assert.match(err, message);
    });
  }
  test("refuses a file that is not there", async () => {
    const { status, err } = await lenity(["policies", "--presets", path("nowhere.json")]);
    assert.equal(status, 1);
    assert.match(err, /Cannot read the preset .*nowhere\.json/);
  });
});
