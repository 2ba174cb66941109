/**
 * Numbers of drafted blocks that are computed beside the logits, here on the CPU, where the rows show what they must
 * be.
 */
import assert from "node:assert/strict";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type DecodeOptions,
  decode,
  defaultRegistry,
  logitsEvidence,
  type Overshoot,
  type Reading,
  type Scored,
  type ScoreOptions,
  type Session,
  sampling,
  type Token,
} from "@lenity/core";
import { readsDraft } from "@lenity/core/internal";
import { plainReadings } from "@lenity/core/testing";
import { Tensor } from "onnxruntime-node";
import { blockScorer, forgetBlock } from "../src/evidence/block-scorer.ts";
import type { Graph } from "../src/graph/graph.ts";
import { exportDecoder, inspectModel, loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import type { Sequence } from "../src/run/sequence.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import {
  configOf,
  randomWeights,
  safetensors,
  small,
  temporaryFolder,
  tokensOf,
  writeModel,
} from "../src/testing/random-llama.ts";
import { writeTexts } from "../src/testing/random-tokenizer.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
});
after(() => folder.remove());

const readings = new Set<Reading>([
  "argmax",
  "raw probability",
  "raw draft-probability",
  "raw confidence",
  "raw entropy",
  "raw kl",
  "raw reverse-kl",
  "raw js",
  "raw tv",
  "processed probability",
  "processed kl",
]);

async function using<T>(
  options: Parameters<typeof loadModel>[1],
  run: (model: OnnxModel) => Promise<T>,
  from: string = dir,
): Promise<T> {
  const model = await loadModel(from, { threads: 1, ...options });
  try {
    return await run(model);
  } finally {
    await model.close();
  }
}

const score = (session: Session, tokens: readonly Token[], options: ScoreOptions): Promise<Scored> => {
  assert.ok(session.score !== undefined);
  return session.score(tokens, options);
};

/** Scores a block behind a prompt, and compares every number and row with what the rows of another session say. */
async function compare(model: OnnxModel, promptLength: number, length: number, seed = 1): Promise<void> {
  const tokens = tokensOf(promptLength + length, seed, Math.min(model.vocabulary, 30));
  const [prompt, block] = [tokens.slice(0, promptLength), tokens.slice(promptLength)];
  const settings = sampling({ temperature: 0.7 });
  const [plain, scoring] = [await model.open(), await model.open()];
  await plain.append(prompt, { rows: 0 });
  const { logits, hidden } = await plain.append(block, { hidden: "pre-norm" });
  // The drafter's rows are the target's of the positions behind: far from them, and with the same tokens ruled out.
  const own = logits.slice(model.vocabulary);
  const target = logitsEvidence(logits, model.vocabulary, settings);
  const expected = plainReadings(readings, target, block.slice(1), logitsEvidence(own, model.vocabulary, settings));

  await scoring.append(prompt, { rows: 0 });
  const lent = own.slice();
  const asked = block.length === 1 ? new Set([...readings].filter((reading) => !readsDraft(reading))) : readings;
  const drafted = block.length === 1 ? undefined : lent;
  const scored = await score(scoring, block, {
    readings: asked,
    temperature: 0.7,
    drafterLogits: drafted,
    hidden: "pre-norm",
  });
  assert.equal(scoring.length, tokens.length);
  assert.deepEqual(scored.hidden, hidden);
  if (drafted !== undefined) {
    assert.equal(lent.length, 0, "what is lent moves");
    assert.deepEqual(scored.drafterLogits, own);
  }
  for (const reading of asked) {
    const tested = reading.endsWith(" probability") || readsDraft(reading) ? block.length - 1 : block.length;
    for (let at = 0; at < tested; at++) {
      const [found, wanted] = [scored.readings[reading]?.[at] as number, expected[reading]?.[at] as number];
      assert.ok(
        found === wanted || Math.abs(found - wanted) < 1e-4,
        `${reading} at ${at} is ${found}; expected ${wanted}`,
      );
    }
  }
  for (const at of new Set([0, block.length >> 1, block.length - 1]))
    assert.deepEqual(await scored.row?.(at), target.logits(at));
  await Promise.all([plain.close(), scoring.close()]);
}

const forms: Readonly<Record<string, Form>> = {
  "GroupQueryAttention that keeps some rows": { keeps: true },
  "Optimum's form": { concat: true },
  "logits of float16": { concat: true, float16: true },
};

describe("a block's numbers are those of its rows, to 1e-4", () => {
  for (const [name, form] of Object.entries(forms)) {
    test(`with ${name}: a single token, a block, and one longer than a run`, async () => {
      await writeForm(dir, "form.onnx", small, form);
      await using({ file: "form.onnx", numbers: true }, async (model) => {
        for (const [prompt, length] of [
          [5, 1],
          [5, 2],
          [0, 9],
          [20, 33],
          [3, 129],
          [1, 140],
        ] as const)
          await compare(model, prompt, length);
      });
    });
  }

  test("at the end of the context, where a token runs again with the one before it", async () => {
    await using({ numbers: true }, async (model) => {
      await compare(model, small.context - 1, 1);
      await compare(model, small.context - 33, 33);
    });
  });

  test("where a run's first token is the one before the block", async () => {
    await exportDecoder(dir, { attention: "split", file: "split.onnx" });
    await using({ file: "split.onnx", numbers: true }, async (model) => {
      // The first run ends at a border of 256 tokens, with one token of the block.
      await compare(model, 255, 9);
      await compare(model, 255, 1);
      await compare(model, 223, 34);
    });
  });

  test("with padding and gaps: ids that no token has are ruled out", async () => {
    const copy = join(folder.path, "gaps");
    await cp(dir, copy, { recursive: true });
    await writeTexts(
      copy,
      Array.from({ length: 40 }, (_, id) => (id === 33 ? undefined : `t${id}`)),
      {},
    );
    await using({ numbers: true }, (model) => compare(model, 4, 9), copy);
  });
});

test("on the CPU rows are in memory already: numbers are computed beside them only when that is asked for", async () => {
  for (const numbers of [undefined, false])
    await using({ numbers }, async (model) => assert.equal((await model.open()).score, undefined));
});

test("inspecting tells whether they are", async () => {
  for (const numbers of [undefined, true])
    assert.equal((await inspectModel(dir, { threads: 1, numbers })).numbers, numbers === true);
});

test("rows are to be fetched before the session goes on", async () => {
  await using({ numbers: true }, async (model) => {
    const session = await model.open();
    const block = tokensOf(4);
    const scored = await score(session, block, { readings: new Set(["argmax"]), temperature: 1 });
    await assert.rejects(async () => scored.row?.(4), /Row 4 is not available: the last scored block has 4 positions/);
    await session.rewind(2);
    await session.append(block, { rows: 0 });
    await assert.rejects(async () => scored.row?.(0), /Row 0 is not available: the last scored block has 0 positions/);
  });
});

test("drafted rows that are read must be lent, as many as there are drafted tokens", async () => {
  await using({ numbers: true }, async (model) => {
    const session = await model.open();
    const options: ScoreOptions = { readings: new Set(["raw kl"]), temperature: 1 };
    await assert.rejects(
      score(session, tokensOf(4), options),
      /Got 0 rows of the drafter's logits for 3 drafted tokens/,
    );
    const two = new Float32Array(2 * small.vocabulary);
    await assert.rejects(
      score(session, tokensOf(4), { ...options, drafterLogits: two }),
      /Got 2 rows of the drafter's logits for 3 drafted tokens/,
    );
    await assert.rejects(
      score(session, tokensOf(1), { ...options, drafterLogits: new Float32Array(0) }),
      /Got 0 rows of the drafter's logits for 0/,
    );
    assert.equal(session.length, 0);
  });
});

test("only so many sets of numbers keep their graphs, and the logits of a closed session are not kept with its cache", async () => {
  let [opened, freed, disposed] = [0, 0, 0];
  const graph = {
    family: "concat",
    crop: undefined,
    hidden: {},
    runtime: { Tensor },
    inputs: [],
    session: {
      run: async () => ({
        logits: { dims: [1, 2, 3], location: "gpu-buffer", type: "float32", dispose: () => void disposed++ },
      }),
    },
    openBeside: async () => {
      opened++;
      return {
        release: async () => void freed++,
        run: async () => ({ readings: { data: new Float32Array(14), dims: [7, 2] } }),
      };
    },
  } as unknown as Graph;
  const cache = { prepare: () => ({ feeds: {}, fetches: {} }), keep: () => {}, bytes: 0, copy: () => cache };
  const sequence: Sequence = { tokens: [], cache };
  const scorer = blockScorer({ graph, name: "played", width: 3, vocabulary: 3, unused: new Set(), contextLength: 100 });
  const names: readonly Reading[] = [
    "raw probability",
    "raw confidence",
    "raw entropy",
    "processed probability",
    "processed entropy",
  ];
  for (let set = 1; set < 2 ** names.length; set++) {
    forgetBlock(sequence);
    const readings = names.filter((_, bit) => (set >> bit) % 2 === 1);
    await scorer.score(
      sequence,
      { type: "score", session: 0, from: 0, tokens: [1, 2], readings, temperature: 1 },
      undefined,
    );
  }
  assert.deepEqual([opened, opened - freed, disposed], [31, 16, 30]);
});

test("a block that cannot be scored leaves the session as it was", async () => {
  // Not among the tokens that loading tries.
  const sick = 47;
  const shape = { ...small, tied: false };
  const broken = join(folder.path, "sick");
  await mkdir(broken);
  const weights = randomWeights(shape);
  weights.get("model.embed_tokens.weight")?.values.fill(Number.NaN, sick * small.width, (sick + 1) * small.width);
  await writeFile(join(broken, "config.json"), JSON.stringify(configOf(shape)));
  await writeFile(join(broken, "model.safetensors"), safetensors(weights, "F32"));
  await exportDecoder(broken, { weights: "float32" });
  await using(
    { numbers: true },
    async (model) => {
      const session = await model.open();
      await session.append([1, 2, 3], { rows: 0 });
      const options: ScoreOptions = { readings: new Set(["argmax"]), temperature: 1 };
      await assert.rejects(score(session, [4, sick, 5], options), {
        code: "bad_logits",
        message: /^The model sick \(.*\) returned logits with NaN.*Use another variant of it/,
      });
      await assert.rejects(score(session, [], options), RangeError);
      await assert.rejects(score(session, [small.vocabulary], options), RangeError);
      await assert.rejects(score(session, tokensOf(300), options), { code: "context_full" });
      await assert.rejects(score(session, [4], { ...options, signal: AbortSignal.abort() }), { code: "aborted" });
      assert.equal(session.length, 3);
      const { readings: found } = await score(session, [4, 5], options);
      const plain = await (await model.open()).append([1, 2, 3, 4, 5], { rows: 2 });
      const expected = logitsEvidence(plain.logits, model.vocabulary, sampling());
      assert.deepEqual(Array.from(found.argmax ?? []), [expected.argmax(0), expected.argmax(1)]);
    },
    broken,
  );
});

test("every policy says by numbers what it says by rows, and counts the same", async () => {
  const weight = Array.from({ length: small.width }, (_, i) => (i % 2 === 0 ? 0.5 : -0.4));
  const registry = defaultRegistry({ judge: { hidden: "pre-norm", weight, bias: 0 } });
  const draftDir = await writeModel(folder.path, "draft", { ...small, layers: 1 });
  const said = async (target: OnnxModel, policy: unknown, options: Partial<DecodeOptions>) => {
    const draft = await loadModel(draftDir, { threads: 1 });
    const events = [];
    let overshoot: Overshoot | undefined;
    const verifier = registry.create(policy);
    try {
      for await (const event of decode([1, 2, 3], {
        target,
        drafter: onnxDrafter(draft),
        verifier,
        draftTokens: 6,
        maxTokens: 40,
        ...options,
      })) {
        if (event.type === "round") events.push(event);
        else {
          const { overshoot: found, ...counters } = event.counters;
          overshoot = found;
          events.push({ ...event, counters });
        }
      }
    } finally {
      await draft.close();
    }
    return { events, overshoot };
  };
  await using({ numbers: true }, (scoring) =>
    using({}, async (plain) => {
      for (const policy of [
        "strict",
        "judi",
        "judge",
        "block",
        { type: "divergence", measure: "tv", threshold: 0.3 },
      ]) {
        for (const temperature of [0, 0.8]) {
          const options = { sampling: { temperature }, seed: 4 };
          const [device, host] = [await said(scoring, policy, options), await said(plain, policy, options)];
          assert.deepEqual(device.events, host.events);
          // Its probabilities are equal but for rounding, and read only above temperature 0.
          const { mean, p95 } = host.overshoot ?? { mean: 0, p95: 0 };
          assert.equal(device.overshoot === undefined, temperature === 0 || host.overshoot === undefined);
          assert.ok(Math.abs((device.overshoot?.mean ?? mean) - mean) < 1e-5);
          assert.ok(Math.abs((device.overshoot?.p95 ?? p95) - p95) < 1e-5);
        }
      }
    }),
  );
});
