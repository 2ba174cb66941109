/** `lenity bench quality` on prompts of one's own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { builtInProblems } from "@lenity/bench/problems";
import type { QualityReport, QualityRow } from "@lenity/bench/quality";
import { seeded } from "@lenity/core";
import * as tiny from "@lenity/tiny";
import { signTest, wilson } from "@lenity/train";
import { run as lenity, main } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-quality-"));
after(() => rm(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

const random = seeded(8);
const problems = Array.from({ length: 8 }, () => tiny.problem(random, "held-out", "words"));
const lines = problems.map(({ question, answer }) => JSON.stringify({ question, answer: tiny.phrase(answer, random) }));
await writeFile(path("prompts.jsonl"), `${lines.join("\n")}\n`);

async function quality(
  ...args: readonly string[]
): Promise<{ readonly table: string; readonly report: QualityReport }> {
  const file = path("quality.json");
  const { status, out, err } = await lenity([
    "bench",
    "quality",
    "--prompts",
    path("prompts.jsonl"),
    "--out",
    file,
    ...args,
  ]);
  assert.equal(status, 0, err);
  return { table: out, report: JSON.parse(await readFile(file, "utf8")) };
}

test("counts right answers by the check, with Wilson's interval and, against strict, McNemar's exact test", async () => {
  // As good as a coin, so that the policies, whose words differ, are right about different prompts.
  await writeFile(
    path("even.mjs"),
    "export default (text, { answer }) => answer.includes('####') && text.length % 2 === 0;",
  );
  const { table, report } = await quality("--answer", path("even.mjs"), "--policies", "strict", "judi");
  assert.match(
    table,
    /^\| policy +\| law +\| +accuracy \(95 %\) \| lost, gained against strict \(p\) \| tokens \/ pass/,
  );
  assert.match(table, /^\| judi +\| mixture \| .* \d, \d \([\d.]+\) \|/m);
  assert.doesNotMatch(table, /every word right/);
  const { rows, against, problems } = report;
  assert.deepEqual([against, problems, rows.map(({ policy }) => policy)], ["strict", 8, ["plain", "strict", "judi"]]);
  const [plain, strict, judi] = rows as [QualityRow, QualityRow, QualityRow];
  assert.equal(strict.paired, undefined);
  assert.deepEqual(plain.paired, { lost: 0, gained: 0, pValue: 1 });
  const { lost, gained, pValue } = judi.paired as NonNullable<QualityRow["paired"]>;
  assert.ok(lost + gained > 0);
  assert.equal(Math.round(8 * (judi.accuracy - strict.accuracy)), gained - lost);
  assert.deepEqual([pValue, judi.interval], [signTest(lost, gained), wilson(Math.round(8 * judi.accuracy), 8)]);
});

test("takes the first prompts, and compares with plain decoding where strict is not among the policies", async () => {
  const { table, report } = await quality("--policies", "judi", "--problems", "2");
  assert.match(table, /against plain/);
  assert.deepEqual([report.problems, report.rows.map(({ paired }) => paired?.pValue)], [2, [undefined, 1]]);
});

test("chooses lengths of drafts as for a request that names none, or takes them as given", async () => {
  const policies = ["--policies", "strict", "judi", "--problems", "1"];
  const lengths = ({ report }: { readonly report: QualityReport }) => report.rows.map(({ draftTokens }) => draftTokens);
  assert.deepEqual(lengths(await quality(...policies)), [0, "auto", "auto"]);
  assert.deepEqual(lengths(await quality(...policies, "--draft-tokens", "3")), [0, 8, 3]);
});

test("--sampled compares lossless rules at temperature 1, with the shares of tested tokens that they accept", async () => {
  const { table, report } = await quality("--sampled", "--problems", "3", "--max-tokens", "30");
  assert.match(table, /draft acceptance \| accepted \/ tested \|/);
  const [plain, ...rules] = report.rows as [QualityRow, ...QualityRow[]];
  const types = ["sd", "block", "coupled"].map((type) => JSON.stringify({ type }));
  assert.deepEqual(
    [report.temperature, plain.testedAcceptance, rules.map(({ policy }) => policy)],
    [1, undefined, types],
  );
  for (const { law, draftTokens, draftAcceptance = 1, testedAcceptance = 0 } of rules) {
    assert.deepEqual([law, draftTokens], ["exact", 8]);
    assert.ok(0 < draftAcceptance && draftAcceptance <= testedAcceptance && testedAcceptance <= 1);
  }
  const greedy = await quality("--policies", '{"type":"coupled"}', "--problems", "1");
  assert.doesNotMatch(greedy.table, /tested/);
  const given = await quality("--sampled", "--temperature", "0.5", "--draft-tokens", "2", "--problems", "1");
  assert.deepEqual([given.report.temperature, given.report.rows[1]?.draftTokens], [0.5, 2]);
});

test("without prompts asks held-out problems of all families, and knows right answers from wrong ones", async () => {
  const random = seeded(4);
  const drawn = Array.from({ length: 80 }, () => tiny.problem(random, "held-out"));
  assert.deepEqual(new Set(drawn.map(({ family }) => family)), new Set(tiny.families.map(({ name }) => name)));
  for (const [i, { question, check, flawless }] of builtInProblems(80, 4).entries()) {
    const { question: asked, answer, family } = drawn[i] as tiny.Problem;
    assert.equal(question, asked);
    const text = tiny.phrase(answer, random);
    assert.deepEqual([await check(text), flawless?.(text)], [true, true], text);
    assert.equal(flawless?.(`${text}7`), false);
    // Any other answer to a request that must not be refused is right.
    if (family !== "requests") assert.equal(await check("I do not know."), false);
  }
});

test("refuses a check without prompts, and prompts without what the check compares with", async () => {
  const out = ["--out", path("refused.json")];
  const alone = await lenity(["bench", "quality", "--answer", "exact", ...out]);
  assert.deepEqual([alone.status, alone.out], [1, ""]);
  assert.match(alone.err, /--answer checks the answers to --prompts\. Add --prompts, or remove --answer/);
  await writeFile(path("bare.jsonl"), `${lines[0]}\n{"question": "Why?"}\n`);
  const bare = await lenity(["bench", "quality", "--prompts", path("bare.jsonl"), ...out]);
  assert.deepEqual([bare.status, bare.out], [1, ""]);
  assert.match(bare.err, /compares with a prompt's "answer", and the prompt "Why\?" has none/);
});

test("--resume goes on with the answers of a run that was killed, and counts the same", {
  timeout: 300_000,
}, async () => {
  // Under strict, times decide about lengths that are chosen.
  const args = ["--policies", "strict", "judi", "--draft-tokens", "16"];
  const counted = ({ rows }: QualityReport) => rows.map(({ tokensPerSecond: _, speed: __, ...row }) => row);
  const whole = counted((await quality(...args)).report);
  const kept = path("quality.json.answers.jsonl");
  const lines = async () => (await readFile(kept, "utf8").catch(() => "")).split("\n").length - 2;
  const command = ["bench", "quality", "--prompts", path("prompts.jsonl"), "--out", path("quality.json"), ...args];
  const child = spawn(process.execPath, [main, ...command], { stdio: "ignore" });
  const closed = new Promise((resolve) => child.once("close", resolve));
  while ((await lines()) < 7 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill("SIGKILL");
  await closed;
  assert.equal(child.signalCode, "SIGKILL");
  const before = (await readFile(kept, "utf8")).split("\n").slice(0, 8);
  // An answer that no run would give, to see that it is taken from the file.
  const marked = (before[1] as string).replace(/"relaxed":\d+/, '"relaxed":8000');
  await writeFile(kept, [before[0], marked, ...before.slice(2), ""].join("\n"));
  const resumed = counted((await quality(...args, "--resume")).report);
  assert.equal(resumed.filter(({ relaxedPerAnswer }) => relaxedPerAnswer >= 1000).length, 1);
  const without = (rows: typeof whole) => rows.map(({ relaxedPerAnswer: _, ...row }) => row);
  assert.deepEqual(without(resumed), without(whole));
  await assert.rejects(readFile(kept));
});
