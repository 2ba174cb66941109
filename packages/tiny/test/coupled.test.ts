/** One text per seed on the built-in pair: under `coupled`, whatever drafts, however long, whatever the cache holds. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Answer,
  complete,
  type Drafter,
  defaultRegistry,
  type GenerateOptions,
  lookupDrafter,
  modelDrafter,
  type Sampling,
  seeded,
  type Tokenizer,
} from "@lenity/core";
import { loadModel, loadTokenizer, type OnnxModel, onnxDrafter } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";

const random = seeded(77);
const problems = tiny.families.slice(0, 4).map(({ name }) => tiny.problem(random, "held-out", name));
const maxTokens = 48;
let target: OnnxModel;
let draft: OnnxModel;
let tokenizer: Tokenizer;
before(async () => {
  target = await loadModel(fileURLToPath(tiny.target), { threads: 1 });
  draft = await loadModel(fileURLToPath(tiny.draft), { threads: 1 });
  tokenizer = await loadTokenizer(fileURLToPath(tiny.target));
});
after(async () => {
  await Promise.all([target.close(), draft.close()]);
});

const verifier = defaultRegistry().create({ type: "coupled" });
const promptOf = (problem: tiny.Problem) => `<|user|>${problem.question}<|end|><|assistant|>`;
let scopes = 0;
/** An answer, without kept prefixes unless it names a scope that has some. */
const ask = (problem: tiny.Problem, options: Partial<GenerateOptions>): Promise<Answer> =>
  complete(promptOf(problem), {
    target,
    tokenizer,
    draftTokens: 8,
    maxTokens,
    verifier,
    scope: `fresh ${scopes++}`,
    ...options,
  });
const ids = ({ tokens }: Answer) => tokens.map(({ token }) => token).join(" ");

const drafters: readonly (readonly [string, () => Drafter])[] = [
  ["the draft model", () => onnxDrafter(draft)],
  ["the draft model in steps", () => modelDrafter(draft)],
  ["prompt lookup", () => lookupDrafter()],
];
const samplings: readonly Partial<Sampling>[] = [
  { temperature: 0 },
  { temperature: 0.7 },
  { temperature: 1 },
  { temperature: 1.3, topP: 0.8 },
  { temperature: 1, topK: 20, minP: 0.02 },
];

test("the text of a seed is that of plain decoding, from every drafter, at every length, with fresh and kept prefixes", {
  timeout: 600_000,
}, async () => {
  const accepted = new Map<string, number>();
  let kept = 0;
  for (const [i, sampling] of samplings.entries()) {
    const problem = problems[i % problems.length] as tiny.Problem;
    const options = { sampling, seed: 1000 + i };
    const plain = await ask(problem, options);
    assert.ok(plain.tokens.length > 15, plain.text);
    for (const [name, drafter] of drafters) {
      for (const draftTokens of [0, 1, 4, 8, 25]) {
        const scope = `${name} ${i} ${draftTokens}`;
        // The second time the whole prompt is kept.
        for (const state of ["fresh", "kept"]) {
          const answer = await ask(problem, { ...options, drafter: drafter(), draftTokens, scope });
          assert.equal(ids(answer), ids(plain), `${name}, ${draftTokens}, ${state}, ${JSON.stringify(sampling)}`);
          accepted.set(name, (accepted.get(name) ?? 0) + answer.counters.accepted);
          if (answer.counters.cached > 0) kept++;
        }
      }
    }
  }
  for (const [name] of drafters) assert.ok((accepted.get(name) ?? 0) > 50, `${name}: ${accepted.get(name)} accepted`);
  assert.equal(kept, (samplings.length * drafters.length * 10) / 2);
});

test("a kept prefix of another text changes nothing either", { timeout: 600_000 }, async () => {
  const [problem] = problems as [tiny.Problem];
  const longer = { ...problem, question: `${problem.question} Say it in one word.` };
  const options = { sampling: { temperature: 1 }, seed: 5 };
  await ask(problem, { ...options, scope: "shared" });
  const answer = await ask(longer, { ...options, scope: "shared", drafter: onnxDrafter(draft) });
  assert.ok(answer.counters.cached > 0 && answer.counters.cached < answer.promptTokens - 1);
  assert.equal(ids(answer), ids(await ask(longer, options)));
});

test("every runtime gives the same text", { timeout: 600_000 }, async () => {
  const options = { sampling: { temperature: 1.2 }, seed: 2026, drafter: onnxDrafter(draft) };
  const { text } = await ask(problems[0] as tiny.Problem, options);
  const begins = "We can go step by step: Ivy is 21 years old now. Ben is 6 years older, so Ben is 21 + 6 = 27.";
  assert.equal(text, `${begins} Tom is three times as old as Ben, which is`);
});

test("drafts are accepted nearly as often as under speculative sampling, and oftener than without the noise", {
  timeout: 600_000,
}, async () => {
  const accepted = { coupled: 0, sd: 0, apart: 0 };
  const deaf = (drafter: Drafter): Drafter => ({
    ...drafter,
    propose: (asked) => drafter.propose({ ...asked, noise: undefined }),
  });
  for (const problem of problems) {
    for (const type of ["coupled", "sd", "apart"] as const) {
      const rule = defaultRegistry().create({ type: type === "apart" ? "coupled" : type });
      for (let seed = 0; seed < 6; seed++) {
        const drafter = onnxDrafter(draft);
        const drafting = { drafter: type === "apart" ? deaf(drafter) : drafter, draftTokens: 4 };
        const { counters } = await ask(problem, { ...drafting, verifier: rule, sampling: { temperature: 3 }, seed });
        accepted[type] += counters.accepted / counters.evaluated / (6 * problems.length);
      }
    }
  }
  assert.ok(accepted.coupled > 0.85 * accepted.sd, JSON.stringify(accepted));
  assert.ok(accepted.apart < 0.3 * accepted.coupled, JSON.stringify(accepted));
});
