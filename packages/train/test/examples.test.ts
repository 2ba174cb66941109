/** What is read of labelled tokens, against models that are functions of their context. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { argmax, type HeadStates, type HiddenKind, LenityError, type Token } from "@lenity/core";
import { randomLogits, type TableModel, tableModel } from "@lenity/core/testing";
import type { Example, Label, LabelledAnswer, Reading } from "@lenity/train";
import { readExamples } from "@lenity/train";

const vocabulary = 12;
const mix = (context: readonly Token[], seed: number) =>
  context.reduce((sum, token) => (Math.imul(sum, 31) + token + 1) >>> 0, seed);

/** A model whose logits and hidden states are random numbers that depend on every token of the context. */
function model(
  seed: number,
  width: number,
  kind: HiddenKind = "pre-norm",
): TableModel & { state(context: readonly Token[]): Float32Array } {
  const state = (context: readonly Token[]) => randomLogits(mix(context, seed + 500), width, 1);
  const logits = (context: readonly Token[]) => randomLogits(mix(context, seed), vocabulary, 2);
  return Object.assign(tableModel({ vocabulary, logits, contextLength: 300, hidden: { kind, width, state } }), {
    state,
  });
}

const [target, draft] = [model(1, 3), model(2, 2, "post-norm")];
const tokens = (length: number, seed: number): Token[] => Array.from({ length }, (_, i) => mix([i], seed) % vocabulary);

/** Own tokens of the answer, and others in their places; in no order, some at the same place. */
function labelled(promptLength: number, answerLength: number, seed: number): LabelledAnswer {
  const [prompt, answer] = [tokens(promptLength, seed), tokens(answerLength, seed + 1)];
  const labels = Array.from({ length: 25 }, (_, i): Label => {
    const at = mix([i], seed + 2) % answerLength;
    const token = i % 2 === 0 ? (answer[at] as Token) : mix([i], seed + 3) % vocabulary;
    return { at, token, fine: i % 3 > 0 };
  });
  return { group: `g${seed}`, prompt, answer, labels };
}

const answers = [
  labelled(1, 1, 10),
  labelled(5, 40, 20),
  labelled(3, 200, 30),
  labelled(5, 40, 20),
  labelled(90, 64, 40),
];

const probabilities = (logits: Float32Array): number[] => {
  const mass = logits.map(Math.exp);
  const sum = mass.reduce((all, value) => all + value, 0);
  return Array.from(mass, (value) => value / sum);
};
const near = (found: number, expected: number) =>
  assert.ok(Math.abs(found - expected) < 1e-5, `${found}, expected ${expected}`);

describe("readExamples", () => {
  const cases: readonly HeadStates[] = [
    { hidden: "pre-norm" },
    { features: "draft", hidden: "post-norm" },
    { features: "both", hidden: "pre-norm", draftHidden: "post-norm" },
  ];
  for (const states of cases) {
    test(`reads the states at each labelled token, of ${states.features ?? "target"}`, async () => {
      const examples = await readExamples(answers, { target, draft, ...states });
      const labels = answers.flatMap((answer) => answer.labels.map((label) => ({ answer, label })));
      assert.equal(examples.length, labels.length);
      for (const [i, { answer, label }] of labels.entries()) {
        const context = [...answer.prompt, ...answer.answer.slice(0, label.at), label.token];
        const [own, other] = [target.state(context), draft.state(context)];
        const { features = "target" } = states;
        const expected = { target: [...own], draft: [...other], both: [...own, ...other] }[features];
        const { state, fine, group } = examples[i] as Example;
        assert.deepEqual([...state], expected);
        assert.deepEqual([fine, group], [label.fine, answer.group]);
      }
      assert.deepEqual([target.openSessions, draft.openSessions], [0, 0]);
    });
  }

  test("reads the numbers of the row that tests the token", async () => {
    const examples = await readExamples(answers, { target, draft, hidden: "pre-norm" });
    for (const [i, { answer, label }] of answers
      .flatMap((answer) => answer.labels.map((label) => ({ answer, label })))
      .entries()) {
      const context = [...answer.prompt, ...answer.answer.slice(0, label.at)];
      const [p, q] = [target, draft].map((model) => probabilities(model.logits(context))) as [number[], number[]];
      const { same, kl, entropy, margin } = examples[i] as Example;
      assert.equal(same, argmax(target.logits(context)) === label.token);
      near(
        kl,
        p.reduce((sum, mass, id) => sum + mass * Math.log(mass / (q[id] as number)), 0),
      );
      near(
        entropy,
        p.reduce((sum, mass) => sum - mass * Math.log(mass), 0),
      );
      const [first, second] = p.toSorted((a, b) => b - a) as [number, number];
      near(margin, Math.log(first / second));
    }
  });
  test("needs no draft model if the head reads the target only; then the divergence is not known", async () => {
    const examples = await readExamples(answers, { target, hidden: "pre-norm" });
    assert.ok(examples.every(({ kl }) => Number.isNaN(kl)));
  });
  test("numbers the prompts, and gives equal ones the same number", async () => {
    const examples = await readExamples(answers, { target, hidden: "pre-norm" });
    assert.deepEqual(
      [0, 25, 50, 75, 100].map((i) => examples[i]?.prompt),
      [0, 1, 2, 1, 3],
    );
  });
  test("does not read again what an ended run has kept, and gives the same", async () => {
    const readings = new Map<number, Reading>();
    const get = (answer: number) => readings.get(answer);
    const add = async (answer: number, { numbers, states }: Reading) => {
      readings.set(answer, { numbers, states: states.slice() });
      if (readings.size === 3) throw new Error("ended");
    };
    const options = { draft, features: "both", hidden: "pre-norm", draftHidden: "post-norm" } as const;
    const whole = await readExamples(answers, { target, ...options });
    await assert.rejects(readExamples(answers, { target, ...options, kept: { get, add } }), /ended/);
    assert.deepEqual([target.openSessions, draft.openSessions], [0, 0]);
    let opened = 0;
    const open = () => {
      opened++;
      return target.open();
    };
    const rest = await readExamples(answers, { target: { ...target, open }, ...options, kept: { get, add } });
    assert.deepEqual(rest, whole);
    assert.deepEqual([opened, readings.size], [2, 5]);
  });
  test("reports each answer, and takes answers without labels", async () => {
    const done: string[] = [];
    const bare = { prompt: [1], answer: [2, 3], labels: [] };
    const progress = (each: number, all: number) => done.push(`${each}/${all}`);
    assert.deepEqual(await readExamples([bare, bare], { target, hidden: "pre-norm", progress }), []);
    assert.deepEqual(done, ["1/2", "2/2"]);
  });

  const refusals: readonly [string, Parameters<typeof readExamples>[1], LabelledAnswer[], string, RegExp][] = [
    [
      "states that the model does not return",
      { target, hidden: "layer-2" },
      answers,
      "unsupported",
      /no layer-2 .*returns: pre-norm\.$/,
    ],
    [
      "features of a draft that is not there",
      { target, features: "both", hidden: "pre-norm" },
      answers,
      "unsupported",
      /need a draft model/,
    ],
    [
      "a draft with another vocabulary",
      { target, draft: tableModel({ vocabulary: 3, logits: () => [0, 0, 0] }), hidden: "pre-norm" },
      answers,
      "unsupported",
      /have 3 tokens, those of table 12/,
    ],
    [
      "answers that do not fit",
      { target, hidden: "pre-norm" },
      [labelled(290, 20, 1)],
      "context_full",
      /has 310 tokens .* holds 300/,
    ],
    [
      "tokens that the model cannot read",
      { target, hidden: "pre-norm" },
      [{ prompt: [1], answer: [2], labels: [{ at: 0, token: 12, fine: true }] }],
      "unsupported",
      /token 12, which table cannot read/,
    ],
  ];
  for (const [what, options, labels, code, message] of refusals) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(readExamples(labels, options), (error: LenityError) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return error instanceof LenityError;
      });
      assert.equal(target.openSessions, 0);
    });
  }
});
