import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LenityError, seeded } from "@lenity/core";
import { binomialTail, binomialTest, type CalibrateOptions, calibrate, fewestPrompts } from "../src/index.ts";

/** The values 0, 1, 2, … with these expected losses; a prompt that loses at one value does so at all with a higher one. */
function bernoulli(
  risks: readonly number[],
  prompts: number,
  random: () => number,
): Pick<CalibrateOptions, "values" | "prompts" | "loss"> {
  const hard = Array.from({ length: prompts }, random);
  return {
    values: [...risks.keys()],
    prompts,
    loss: async (value, prompt) => ((hard[prompt] as number) < (risks[value] as number) ? 1 : 0),
  };
}

/** The highest number of losses with which a value passes. */
function mostLosses(prompts: number, alpha: number, delta: number): number {
  let most = -1;
  while (binomialTail(most + 1, prompts, alpha) <= delta) most++;
  return most;
}

describe("calibrate", () => {
  const alpha = 0.1;
  const cases: Readonly<Record<string, readonly number[]>> = {
    "losses that grow": [0.02, 0.05, 0.08, 0.101, 0.14, 0.3],
    "a first value that is too loose": [0.101, 0.101, 0.101, 0.101],
    "losses that fall again": [0.12, 0.01, 0.2, 0.01],
    "two values at the limit": [0.05, 0.1001, 0.1001, 0.02],
  };
  for (const [what, risks] of Object.entries(cases)) {
    for (const [delta, prompts] of [
      [0.1, 60],
      [0.2, 150],
    ] as const) {
      test(`${what}: passes a value whose expected loss is above α in no more than ${delta} of ${prompts}-prompt samples`, async () => {
        const random = seeded(prompts);
        const samples = 1000;
        let violations = 0;
        for (let i = 0; i < samples; i++) {
          const { steps } = await calibrate({
            ...bernoulli(risks, prompts, random),
            alpha,
            delta,
            binary: i % 2 === 0,
          });
          if (steps.some(({ value, passed }) => passed && (risks[value] as number) > alpha)) violations++;
        }
        assert.ok(violations / samples <= delta + 3 * Math.sqrt((delta * (1 - delta)) / samples), `${violations}`);
      });
    }
  }

  test("a value at the limit passes as often as the exact tail says", async () => {
    const [prompts, delta, samples] = [80, 0.2, 2000];
    const random = seeded(9);
    let passed = 0;
    for (let i = 0; i < samples; i++) {
      const { chosen } = await calibrate({ ...bernoulli([alpha], prompts, random), alpha, delta, binary: true });
      if (chosen !== undefined) passed++;
    }
    const expected = binomialTail(mostLosses(prompts, alpha, delta), prompts, alpha);
    assert.ok(expected <= delta);
    assert.ok(
      Math.abs(passed / samples - expected) < 4 * Math.sqrt((expected * (1 - expected)) / samples),
      `${passed}`,
    );
  });

  test("chooses the last value before the first that fails, even if a later one would pass", async () => {
    const asked: number[] = [];
    const { loss, ...rest } = bernoulli([0, 0, 0, 1, 0], 50, seeded(1));
    const result = await calibrate({
      ...rest,
      alpha: 0.1,
      delta: 0.1,
      loss: (value, prompt) => {
        asked.push(value);
        return loss(value, prompt);
      },
    });
    assert.equal(result.chosen, 2);
    assert.deepEqual(
      result.steps.map(({ value, passed }) => [value, passed]),
      [
        [0, true],
        [1, true],
        [2, true],
        [3, false],
      ],
    );
    assert.ok(!asked.includes(4));
    const none = await calibrate({ ...bernoulli([1, 0], 50, seeded(1)), alpha: 0.1, delta: 0.1 });
    assert.deepEqual([none.chosen, none.steps.length], [undefined, 1]);
  });

  test("stops at the prompt that decides, with the decision of all prompts", async () => {
    const random = seeded(4);
    let stopped = 0;
    for (let i = 0; i < 200; i++) {
      const prompts = 30 + Math.floor(random() * 60);
      const risk = 0.25 * random();
      const { loss } = bernoulli([risk], prompts, random);
      const all = await Promise.all(Array.from({ length: prompts }, (_, prompt) => loss(0, prompt)));
      const total = all.reduce((sum, each) => sum + each, 0);
      const {
        steps: [step],
      } = await calibrate({ values: [0], prompts, loss, alpha, delta: 0.1, binary: true });
      assert.equal(step?.passed, binomialTest(total, prompts, alpha) <= 0.1);
      if (step?.passed === true) assert.deepEqual([step.prompts, step.loss], [prompts, total / prompts]);
      else {
        const most = mostLosses(prompts, alpha, 0.1);
        const decisive = all.findIndex((_, at) => all.slice(0, at + 1).reduce((sum, each) => sum + each, 0) > most);
        assert.equal(step?.prompts, decisive + 1);
        if (decisive + 1 < prompts) stopped++;
      }
    }
    assert.ok(stopped > 50);
  });

  test("refuses too few prompts for any value to pass, and says how many it needs", async () => {
    for (const [a, delta] of [
      [0.05, 0.1],
      [0.5, 0.25],
      [0.3, 0.027],
      [0.1, 0.9],
    ] as const) {
      const fewest = fewestPrompts({ alpha: a, delta });
      assert.ok((1 - a) ** fewest <= delta * (1 + 1e-12) && (1 - a) ** (fewest - 1) > delta * (1 - 1e-12));
      const { chosen } = await calibrate({ values: [7], prompts: fewest, loss: async () => 0, alpha: a, delta });
      assert.equal(chosen, 7);
    }
    const options = { ...bernoulli([0], 44, seeded(1)), alpha: 0.05, delta: 0.1 };
    await assert.rejects(calibrate(options), (error) => {
      return error instanceof LenityError && /With 44 prompts no value can pass.* at least 45/.test(error.message);
    });
  });

  test("refuses settings and losses that are out of range", async () => {
    const options = { ...bernoulli([0], 100, seeded(1)), alpha: 0.1, delta: 0.1 };
    await assert.rejects(calibrate({ ...options, alpha: 1 }), /alpha is 1; expected a number between 0 and 1/);
    await assert.rejects(calibrate({ ...options, delta: 0 }), /delta is 0; expected/);
    await assert.rejects(calibrate({ ...options, values: [] }), /no values to test/);
    await assert.rejects(calibrate({ ...options, loss: async () => 1.5 }), /loss of prompt 0 is 1\.5; expected 0 to 1/);
    await assert.rejects(calibrate({ ...options, loss: async () => 0.5, binary: true }), /0\.5; expected 0 or 1/);
  });
});
