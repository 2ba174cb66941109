/** Heads from tokens whose states are known to tell how likely they are wrong. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  autojudgeHead,
  defaultRegistry,
  importance,
  judgeHead,
  judgeScore,
  type LenityError,
  seeded,
} from "@lenity/core";
import {
  type Example,
  evaluate,
  type FitOptions,
  fitHead,
  headFile,
  headKinds,
  type Measures,
  presetThresholds,
  readHead,
  scoreOf,
  statesOf,
  trainingHashes,
} from "@lenity/train";
import { split } from "../src/split.ts";
import { planted } from "./planted.ts";

const options: FitOptions = { kind: "judge", hidden: "pre-norm", random: seeded(0) };
const fit = (examples: readonly Example[], more: Partial<FitOptions> = {}) =>
  fitHead(examples, { ...options, random: seeded(1), ...more });

describe("fitHead", () => {
  test("finds what tells a wrong token, as well as the best possible classifier", () => {
    const { head } = fit(planted(1));
    const fresh = planted(2, { count: 5000 });
    const found = evaluate(head, fresh).all.area as number;
    // The best possible score is dimension 5 itself.
    const ideal = idealArea(fresh);
    assert.ok(ideal > 0.85 && found > ideal - 0.005, `${found} of ${ideal}`);
  });
  for (const kind of headKinds) {
    test(`the preset's threshold of ${kind} rejects the chosen share of the wrong tokens for validation`, () => {
      const { threshold } = presetOf(kind);
      assert.equal(threshold, presetThresholds[kind]);
      const examples = planted(3);
      for (const recall of [0.5, 0.9, 0.99]) {
        const { head, report } = fit(examples, { kind, recall });
        const wrong = split(examples, seeded(1)).validation.filter(({ fine }) => !fine);
        const scores = wrong.map(({ state }) => scoreOf(head, state));
        const rejected = scores.filter((score) => (kind === "judge" ? score <= threshold : score >= threshold)).length;
        assert.equal(rejected, Math.ceil(recall * wrong.length));
        const row = report.thresholds.find((each) => each.threshold === threshold);
        assert.equal(row?.recall, rejected / wrong.length);
      }
    });
  }
  test("both kinds are the same regression: their scores order tokens in opposite directions", () => {
    const examples = planted(4);
    const [judge, autojudge] = headKinds.map((kind) => fit(examples, { kind }).head) as [
      ReturnType<typeof fit>["head"],
      ReturnType<typeof fit>["head"],
    ];
    const odds = (p: number) => Math.log(p / (1 - p));
    const sums = examples
      .slice(0, 50)
      .map(({ state }) => odds(scoreOf(judge, state)) + odds(scoreOf(autojudge, state)));
    for (const sum of sums) assert.ok(Math.abs(sum - (sums[0] as number)) < 1e-3);
  });
  test("a judge has the scaler in its weights, and an AutoJudge head beside them", () => {
    const examples = planted(5);
    const [first] = examples as [Example];
    const judge = judgeHead(headFile(fit(examples).head, provenance));
    assert.deepEqual(Object.keys(judge).sort(), ["bias", "features", "hidden", "weight"]);
    assert.equal(judgeScore(judge, first.state), scoreOf(fit(examples).head, first.state));
    const autojudge = autojudgeHead(headFile(fit(examples, { kind: "autojudge" }).head, provenance));
    for (const i of first.state.keys()) {
      const mean = examples.reduce((sum, { state }) => sum + (state[i] as number), 0) / examples.length;
      assert.ok(Math.abs((autojudge.mean[i] as number) - mean) < 0.2 * (autojudge.scale[i] as number));
    }
    assert.equal(importance(autojudge, first.state), scoreOf(fit(examples, { kind: "autojudge" }).head, first.state));
  });
  test("chooses the decay with the highest ROC-AUC, which is a strong one for states with much noise", () => {
    const random = seeded(8);
    const noisy = planted(6, { count: 1500, strength: 1 }).map((example) => ({
      ...example,
      state: Float32Array.from({ length: 400 }, (_, i) => example.state[i] ?? random()),
    }));
    const { report } = fit(noisy, { decays: [1e-5, 0.3] });
    assert.deepEqual(
      report.decays.map(({ decay }) => decay),
      [0.3, 1e-5],
    );
    assert.equal(report.decay, 0.3);
    const [strong = 0, weak = 0] = report.decays.map(({ area }) => area);
    assert.ok(strong > weak);
    assert.equal(report.validation.area, strong);
  });
  test("measures mismatches, and counts little what the target would choose itself", () => {
    const examples = planted(7, { same: 0.7 });
    const { report } = fit(examples);
    assert.equal(report.validation.over, "mismatches");
    assert.equal(report.trained.tokens + report.validation.tokens, examples.length);
    assert.ok(Math.abs(report.trained.mismatches / report.trained.tokens - 0.3) < 0.05);
    // Those that agree say the opposite. With little weight they do not decide, with full weight they do.
    const opposed = examples.map((example) => (example.same ? { ...example, fine: !example.fine } : example));
    const area = (agreedWeight: number) => fit(opposed, { agreedWeight }).report.validation.area;
    assert.ok(area(0.01) > 0.8 && area(1) < 0.4, `${area(0.01)} ${area(1)}`);
  });
  test("measures all tokens if no mismatch must be rejected", () => {
    const examples = planted(7, { same: 0.5 }).map((example) => ({ ...example, same: !example.fine || example.same }));
    assert.equal(fit(examples).report.validation.over, "all");
  });
  test("gives the same head for the same seed", () => {
    assert.deepEqual(fit(planted(9)), fit(planted(9)));
  });
  test("refuses labels of one class, and says how many there are", () => {
    const none = planted(1, { count: 40 }).map((example) => ({ ...example, fine: true }));
    for (const examples of [none, [], planted(1, { count: 8 })]) {
      assert.throws(
        () => fit(examples),
        ({ code, message }: LenityError) =>
          code === "invalid_request" && /\d+ are fine and \d+ must be rejected; .*Label more prompts\.$/.test(message),
      );
    }
  });
});

describe("a head's file", () => {
  for (const kind of headKinds) {
    test(`of ${kind} reads as the head that was written, with its provenance`, () => {
      const states = { features: "both", hidden: "layer-3", draftHidden: "post-norm" } as const;
      const { head } = fit(planted(1), { kind, ...states });
      const json = JSON.parse(JSON.stringify(headFile(head, provenance)));
      assert.deepEqual(readHead(json), head);
      assert.deepEqual(statesOf(readHead(json)), states);
      assert.deepEqual(json.provenance, provenance);
      assert.deepEqual(trainingHashes(json), ["abc"]);
    });
  }
  test("may say nothing of its states and its origin", () => {
    const old = { mean: [0], scale: [1], weight: [1], bias: 0 };
    assert.deepEqual(statesOf(readHead(old)), { features: undefined, hidden: "post-norm", draftHidden: undefined });
    assert.deepEqual(trainingHashes(old), []);
    assert.equal(readHead({ hidden: "pre-norm", weight: [1], bias: 0 }).kind, "judge");
  });
  test("that is none is refused", () => {
    for (const json of [[], { weight: [1] }, { mean: [1], weight: [1, 2], scale: [1], bias: 0 }])
      assert.throws(
        () => readHead(json),
        ({ code }: LenityError) => code === "model_files",
      );
  });
});

describe("evaluate", () => {
  const examples = planted(11, { same: 0.5 }).map((example, i) => ({ ...example, group: i % 8 < 4 ? "a" : "b" }));
  const { head } = fit(planted(12));
  const { all, mismatches, groups } = evaluate(head, examples, [0.2]);

  test("counts the tokens of each set", () => {
    const size = (some: readonly Example[]) => [some.length, some.filter(({ fine }) => !fine).length];
    const sizeOf = ({ tokens, wrong }: Measures) => [tokens, wrong];
    assert.deepEqual(sizeOf(all), size(examples));
    assert.deepEqual(sizeOf(mismatches as Measures), size(examples.filter(({ same }) => !same)));
    assert.deepEqual(Object.keys(groups), ["a", "b"]);
    assert.deepEqual(sizeOf(groups["b"] as Measures), size(examples.filter(({ group }) => group === "b")));
  });
  test("gives recall and precision at the preset's and the given thresholds", () => {
    assert.deepEqual(
      all.thresholds.map(({ threshold }) => threshold),
      [0.2, 0.5],
    );
    for (const { threshold, recall, precision, fineAccepted } of all.thresholds) {
      const rejected = examples.filter(({ state }) => scoreOf(head, state) <= threshold);
      const found = rejected.filter(({ fine }) => !fine).length;
      assert.equal(recall, found / all.wrong);
      assert.equal(precision, found / rejected.length);
      const fine = examples.filter((example) => example.fine);
      assert.equal(fineAccepted, fine.filter((example) => !rejected.includes(example)).length / fine.length);
    }
  });
  test("the risk goes with KL, against the margin, and not with what is noise", () => {
    const { kl, margin, entropy } = all.correlation as Record<string, number>;
    assert.ok((kl as number) > 0.95 && (margin as number) < -0.95 && Math.abs(entropy as number) < 0.1);
  });
  test("is the same for both kinds of head, but for their own thresholds", () => {
    const other = fit(planted(12), { kind: "autojudge" }).head;
    const found = evaluate(other, examples);
    assert.equal(found.all.area, all.area);
    assert.ok(found.all.thresholds.some(({ threshold }) => threshold === 0.1));
    const unknown = evaluate(
      other,
      examples.map((example) => ({ ...example, kl: Number.NaN })),
    );
    assert.equal(unknown.all.correlation.kl, undefined);
  });
});

const provenance = {
  target: "t",
  labels: [{ file: "l.jsonl", method: "mining", sha256: "abc", answers: 1, tokens: 2, wrong: 1 }],
  seed: 1,
  fit: fit(planted(1)).report,
} as const;

function presetOf(kind: "judge" | "autojudge"): { threshold: number } {
  const judge = { hidden: "pre-norm", weight: [1], bias: 0 } as const;
  const registry = defaultRegistry({ judge, autojudge: { mean: [0], scale: [1], weight: [1], bias: 0 } });
  const { policy } = registry.presets.find(({ name }) => name === kind) as { policy: unknown };
  const parts = (policy as { any?: { type: string; threshold: number }[] }).any ?? [
    policy as { type: string; threshold: number },
  ];
  return parts.find(({ type }) => type === kind) as { threshold: number };
}

/** ROC-AUC of dimension 5. */
function idealArea(examples: readonly Example[]): number {
  const [wrong, fine] = [false, true].map((side) =>
    examples.filter((each) => each.fine === side).map(({ state }) => state[5] as number),
  );
  let ordered = 0;
  for (const a of wrong as number[]) for (const b of fine as number[]) if (a > b) ordered++;
  return ordered / ((wrong as number[]).length * (fine as number[]).length);
}
