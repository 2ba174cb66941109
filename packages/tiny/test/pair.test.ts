/** The exactness of lenity on real models: every promise about the built-in pair, run on held-out problems. */
import assert from "node:assert/strict";
import { globSync, readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  type Answer,
  autojudgeHead,
  complete,
  defaultRegistry,
  forcedDrafter,
  frequencyPenalty,
  type GenerateOptions,
  type Grammar,
  judgeHead,
  logitBias,
  logitsEvidence,
  lookupDrafter,
  type Policy,
  presencePenalty,
  type Registry,
  repetitionPenalty,
  seeded,
  type Tokenizer,
} from "@lenity/core";
import { loadPair, type OnnxModel, onnxDrafter, type Pair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import { checkAnswer } from "@lenity/tiny/check";

const perFamily = 25;
const random = seeded(2026);
/** The families take turns, so the first problems have all of them. */
const heldOut = Array.from({ length: perFamily }, () =>
  tiny.families.map(({ name }) => tiny.problem(random, "held-out", name)),
).flat();
const head = judgeHead(JSON.parse(readFileSync(tiny.judge, "utf8")));
const autojudge = autojudgeHead(JSON.parse(readFileSync(tiny.autojudge, "utf8")));
let pair: Pair;
let target: OnnxModel;
let draft: OnnxModel;
let tokenizer: Tokenizer;
let registry: Registry;
/** Plain greedy answers of the target, one per problem. */
let plain: readonly Answer[] = [];

before(async () => {
  pair = await loadPair(tiny.target, tiny.draft, { threads: 2 });
  ({ target, draft, tokenizer } = pair);
  registry = defaultRegistry({ judge: head, autojudge });
});
after(async () => {
  await pair.close();
});

const promptOf = (problem: tiny.Problem) => `<|user|>${problem.question}<|end|><|assistant|>`;
const ask = (problem: tiny.Problem, options: Partial<GenerateOptions> = {}): Promise<Answer> =>
  complete(promptOf(problem), { target, tokenizer, draftTokens: 16, maxTokens: 300, blockExact: true, ...options });
/** The same of many problems at once, which share runs. */
const askAll = (
  problems: readonly tiny.Problem[],
  options: (index: number) => Partial<GenerateOptions> = () => ({}),
): Promise<Answer[]> => Promise.all(problems.map((problem, i) => ask(problem, options(i))));
const ids = (answer: Answer) => answer.tokens.map(({ token }) => token);
/** The share of right answers to `heldOut`, by family. */
async function rightByFamily(answers: readonly Answer[]): Promise<Map<string, number>> {
  const shares = new Map(tiny.families.map(({ name }) => [name, 0]));
  for (const [i, problem] of heldOut.entries()) {
    const isRight = await checkAnswer(problem, answers[i]?.text ?? "");
    if (isRight) shares.set(problem.family, (shares.get(problem.family) as number) + 1 / perFamily);
  }
  return shares;
}
const mean = (shares: ReadonlyMap<string, number>): number =>
  [...shares.values()].reduce((sum, share) => sum + share, 0) / shares.size;

test("the target solves at least 92 % of held-out problems and 80 % in each family, the draft 25 to 60 points fewer", {
  timeout: 600_000,
}, async () => {
  plain = await askAll(heldOut);
  const drafts = await askAll(heldOut, () => ({ target: draft }));
  const [own, drafted] = [await rightByFamily(plain), await rightByFamily(drafts)];
  const shown = JSON.stringify({ target: Object.fromEntries(own), draft: Object.fromEntries(drafted) });
  assert.ok(mean(own) >= 0.92, shown);
  for (const share of own.values()) assert.ok(share >= 0.8, shown);
  const lower = mean(own) - mean(drafted);
  assert.ok(lower >= 0.25 && lower <= 0.6, shown);
});

test("the target answers one problem at a time as it answers all at once", { timeout: 600_000 }, async () => {
  for (const [i, problem] of heldOut.slice(0, 24).entries())
    assert.deepEqual(ids(await ask(problem)), ids(plain[i] as Answer), problem.question);
});

for (const draftTokens of [1, 4, 16, 25, "auto"] as const) {
  const strictly = () => ({ drafter: onnxDrafter(draft), verifier: registry.create("strict"), draftTokens });
  test(`strict answers equal plain greedy decoding token for token on ${heldOut.length} problems with blocks of ${draftTokens}`, {
    timeout: 600_000,
  }, async () => {
    const answers = await askAll(heldOut, strictly);
    for (const [i, problem] of heldOut.entries())
      assert.deepEqual(ids(answers[i] as Answer), ids(plain[i] as Answer), problem.question);
  });
}

test("strict answers equal plain greedy decoding with one problem at a time, too", { timeout: 600_000 }, async () => {
  for (const [i, problem] of heldOut.slice(0, 96).entries()) {
    const verifier = registry.create("strict");
    const answer = await ask(problem, { drafter: onnxDrafter(draft), verifier, draftTokens: 16 });
    assert.deepEqual(ids(answer), ids(plain[i] as Answer), problem.question);
  }
});

test("strict answers with penalties, a bias and a grammar equal plain ones with the same, from every drafter", {
  timeout: 600_000,
}, async () => {
  const digit = /[0-9]/;
  const texts = Array.from({ length: tokenizer.vocabulary }, (_, id) => tokenizer.decode([id], { special: true }));
  /** At most two tokens with a digit in a row, and at least five tokens in all. */
  const sparing: Grammar<{ readonly digits: number; readonly length: number }> = {
    start: { digits: 0, length: 0 },
    mask(state, out) {
      for (const id of texts.keys())
        if (this.advance(state, id) !== undefined) out[id >> 5] = (out[id >> 5] as number) | (1 << (id & 31));
    },
    advance({ digits, length }, token) {
      const now = digit.test(texts[token] ?? "") ? digits + 1 : 0;
      return now > 2 ? undefined : { digits: now, length: length + 1 };
    },
    accepting: ({ length }) => length >= 5,
  };
  const processors = [repetitionPenalty(1.1), presencePenalty(0.3), frequencyPenalty(0.1), logitBias({ 20: 1.5 })];
  let changed = 0;
  for (const [i, problem] of heldOut.slice(0, 12).entries()) {
    const shaped = [{ processors }, { grammar: sparing }, { processors, grammar: sparing }][i % 3] as object;
    const answer = ids(await ask(problem, shaped));
    if (answer.join() !== ids(await ask(problem)).join()) changed++;
    const drafters = [onnxDrafter(draft), forcedDrafter(onnxDrafter(draft)), lookupDrafter()];
    for (const [at, drafter] of drafters.entries()) {
      const draftTokens = [1, 8, 25][(i + at) % 3];
      const strict = await ask(problem, { ...shaped, drafter, draftTokens });
      assert.deepEqual(ids(strict), answer, problem.question);
    }
  }
  assert.ok(changed > 6, `${changed} of 12 answers changed`);
});

test("strict answers with prompt lookup equal plain greedy decoding too", { timeout: 600_000 }, async () => {
  for (const [i, problem] of heldOut.slice(0, 24).entries()) {
    assert.deepEqual(ids(await ask(problem, { drafter: lookupDrafter(), draftTokens: 8 })), ids(plain[i] as Answer));
  }
});

test("auto gives the same text at every speed of the machine, whatever the policy, and that of plain decoding if it is lossless", {
  timeout: 600_000,
}, async () => {
  let now = 0;
  /** One clock on which all rounds take alike, and one on which drafts take longer and longer. */
  const clocks = [() => ++now, () => (now += 1 + (now % 50))];
  for (const [i, problem] of heldOut.slice(0, 8).entries()) {
    for (const { name } of registry.presets) {
      for (const temperature of name === "bounded" ? [1] : name === "autojudge" ? [0] : [0, 1]) {
        const answers: Answer[] = [];
        for (const clock of clocks) {
          const drafting = { drafter: onnxDrafter(draft), draftTokens: "auto", clock } as const;
          const verifier = registry.create(name);
          answers.push(
            await ask(problem, { ...drafting, verifier, sampling: { temperature }, seed: i, maxTokens: 100 }),
          );
        }
        const [one, other] = answers as [Answer, Answer];
        assert.deepEqual(ids(one), ids(other), `${name} at temperature ${temperature}: ${problem.question}`);
        if (temperature > 0 || registry.create(name).law !== "exact")
          assert.deepEqual(one.counters.lengths, other.counters.lengths);
        else assert.deepEqual(ids(one), ids(plain[i] as Answer).slice(0, 100));
      }
    }
  }
});

test("kl with threshold 0 and judge with threshold 1, beside sd, change nothing at either temperature", {
  timeout: 600_000,
}, async () => {
  const off = [
    { type: "kl", threshold: 0 },
    { type: "judge", threshold: 1 },
  ].map((last) => ({ type: "or", any: [{ type: "sd" }, last] }));
  for (const temperature of [0, 1]) {
    const under = (policy: Policy) =>
      askAll(heldOut.slice(0, 16), (seed) => ({
        ...{ drafter: onnxDrafter(draft), verifier: registry.create(policy), draftTokens: 16 },
        ...{ sampling: { temperature }, seed },
      }));
    const strict = await under("strict");
    for (const policy of off) assert.deepEqual((await under(policy)).map(ids), strict.map(ids));
  }
});

test("the lossy presets emit more tokens per target pass than strict, and say how many they relaxed", {
  timeout: 600_000,
}, async () => {
  const perPass = async (policy: string) => {
    const answers = await askAll(heldOut.slice(0, 24), () => ({
      ...{ drafter: onnxDrafter(draft), verifier: registry.create(policy), draftTokens: 16 },
    }));
    const sum = (pick: (answer: Answer) => number) => answers.reduce((all, answer) => all + pick(answer), 0);
    return {
      length: sum(({ counters }) => counters.emitted) / sum(({ counters }) => counters.rounds),
      relaxed: sum(({ counters }) => counters.relaxed),
    };
  };
  const strict = await perPass("strict");
  assert.equal(strict.relaxed, 0);
  for (const policy of ["judi", "judge", "autojudge"]) {
    const lossy = await perPass(policy);
    assert.ok(lossy.length > strict.length && lossy.relaxed > 0, policy);
  }
});

test("no policy emits a token that the request's top-p has cut off", async () => {
  const sampling = { temperature: 1, topP: 0.6 };
  for (const policy of ["strict", "judi", "judge", { type: "unguarded", of: { type: "judge", threshold: 0.3 } }]) {
    let drafted = 0;
    for (const [seed, problem] of heldOut.slice(0, 8).entries()) {
      const verifier = registry.create(policy);
      const answer = await ask(problem, { drafter: onnxDrafter(draft), verifier, sampling, seed, draftTokens: 16 });
      const session = await target.open();
      const prompt = tokenizer.encode(promptOf(problem));
      const { logits } = await session.append([...prompt, ...ids(answer)], { rows: answer.tokens.length + 1 });
      await session.close();
      const rows = logitsEvidence(logits, target.vocabulary, { topK: 0, minP: 0, ...sampling });
      for (const [at, { token, source }] of answer.tokens.entries()) {
        if (source === "draft") drafted++;
        assert.ok(rows.probability(at, token) > 0, `${JSON.stringify(policy)}, seed ${seed}: token ${token} at ${at}`);
      }
    }
    assert.ok(drafted > 100);
  }
});

test("the same seed gives the same sampled answer twice", async () => {
  const problem = heldOut[0] as tiny.Problem;
  const once = () =>
    ask(problem, {
      drafter: onnxDrafter(draft),
      verifier: registry.create("judi"),
      sampling: { temperature: 1, topP: 0.95 },
      seed: 4,
    });
  assert.deepEqual(ids(await once()), ids(await once()));
});

test("all weights together take less than 64 MB", () => {
  const files = globSync("{target,draft,complied}/**/*.{onnx,safetensors}", { cwd: new URL("..", import.meta.url) });
  assert.ok(files.length >= 5, files.join());
  const size = files.reduce((sum, file) => sum + statSync(new URL(`../${file}`, import.meta.url)).size, 0);
  assert.ok(size < 64_000_000, `${size} bytes`);
});
