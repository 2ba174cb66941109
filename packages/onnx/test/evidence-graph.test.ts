import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { logitsEvidence, type Reading, sampling, seeded } from "@lenity/core";
import { readsDraft } from "@lenity/core/internal";
import { plainReadings } from "@lenity/core/testing";
import * as runtime from "onnxruntime-node";
import { isSound } from "../src/evidence/block-scorer.ts";
import { evidenceGraph, partReadings, proofRows } from "../src/evidence/evidence-graph.ts";
import { tensorOf, toFloat32 } from "../src/graph/float-tensors.ts";
import { toFloat16s } from "../src/onnx-file/float16.ts";
import { smallSession } from "../src/open/small-session.ts";

const kinds = ["raw", "processed"] as const;
const everything: readonly Reading[] = [
  "argmax",
  "support",
  ...kinds.flatMap((kind) =>
    (["probability", "draft-probability", "confidence", "entropy", "kl", "reverse-kl", "js", "tv"] as const).map(
      (what): Reading => `${kind} ${what}`,
    ),
  ),
];

const open = new Map<string, Promise<runtime.InferenceSession>>();
after(async () => {
  for (const session of open.values()) await (await session).release();
});

/** A block of logits as a run leaves it. */
interface Case {
  readonly target: readonly (readonly number[])[];
  readonly drafted: readonly (readonly number[])[];
  readonly draft: readonly number[];
  readonly temperature: number;
  readonly unused?: ReadonlySet<number>;
  /** Columns of the output layer beyond the vocabulary. */
  readonly padding?: number;
  readonly float16?: boolean;
}

/** Runs the graph. Returns numbers by reading, and the proof rows. */
async function computed(
  { target, drafted, draft, temperature, unused = new Set(), padding = 0, float16 = false }: Case,
  readings = everything,
) {
  const vocabulary = target[0]?.length ?? 0;
  const width = vocabulary + padding;
  const precision = float16 ? "float16" : "float32";
  const shape = { readings, width, vocabulary, precision, gaps: unused.size > 0 } as const;
  const key = JSON.stringify(shape);
  if (!open.has(key)) open.set(key, smallSession(runtime, evidenceGraph(shape), { executionProviders: ["cpu"] }));
  const session = await (open.get(key) as Promise<runtime.InferenceSession>);
  const rows = target.flatMap((row) => [...row, ...Array<number>(padding).fill(99)]);
  const cells = float16 ? toFloat16s(Float32Array.from(rows)) : Float32Array.from(rows);
  const int64 = (values: readonly number[], shape: readonly number[]) =>
    new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  const [own, drafts] = partReadings(readings);
  const results = await session.run({
    logits: tensorOf(runtime, cells, [1, target.length, width]),
    tokens: int64(
      target.map((_, at) => draft[at] ?? 0),
      [target.length, 1],
    ),
    cooling: new runtime.Tensor("float32", Float32Array.of(1 / temperature), [1]),
    ...(unused.size > 0
      ? {
          unused: new runtime.Tensor(
            "bool",
            Uint8Array.from({ length: vocabulary }, (_, id) => Number(unused.has(id))),
            [vocabulary],
          ),
        }
      : {}),
    ...(drafts.length > 0
      ? {
          drafter_logits: new runtime.Tensor("float32", Float32Array.from(drafted.flat()), [
            drafted.length,
            vocabulary,
          ]),
        }
      : {}),
  });
  const column = (name: string, at: number, length: number) =>
    ((results[name] as runtime.Tensor).data as Float32Array).slice(at * length, (at + 1) * length);
  return {
    proof: [0, 1].map((row) => column("readings", row, target.length)),
    readings: Object.fromEntries([
      ...own.map((reading, n) => [reading, column("readings", proofRows + n, target.length)]),
      ...drafts.map((reading, n) => [reading, column("compared", n, drafted.length)]),
    ]) as Record<string, Float32Array>,
  };
}

/** Compares them with core's arithmetic; what rules a token out is infinite there. */
async function compare(block: Case): Promise<number> {
  const { target, drafted, draft, temperature, unused = new Set(), float16 = false } = block;
  const vocabulary = target[0]?.length ?? 0;
  const settings = sampling({ temperature });
  const flat = (rows: readonly (readonly number[])[], round: boolean) => {
    const all = Float32Array.from(rows.flat());
    const seen = round ? toFloat32(toFloat16s(all)) : all;
    return seen.map((value, i) => (unused.has(i % vocabulary) ? Number.NEGATIVE_INFINITY : value));
  };
  const [p, q] = [
    logitsEvidence(flat(target, float16), vocabulary, settings),
    logitsEvidence(flat(drafted, false), vocabulary, settings),
  ];
  const expected = plainReadings(everything, p, draft, q);
  const { readings } = await computed({
    ...block,
    drafted: drafted.map((row) => row.map((value, i) => (unused.has(i) ? Number.NEGATIVE_INFINITY : value))),
  });
  let worst = 0;
  for (const reading of everything) {
    const tested =
      reading === "support" || reading.endsWith(" probability") || readsDraft(reading) ? draft.length : target.length;
    for (let at = 0; at < tested; at++) {
      const [found, wanted] = [readings[reading]?.[at] as number, expected[reading]?.[at] as number];
      if (wanted === Number.POSITIVE_INFINITY) assert.ok(found > 1e9, `${reading} at ${at} is ${found}, not infinite`);
      else if (wanted === Number.NEGATIVE_INFINITY)
        assert.ok(found < -80, `${reading} at ${at} is ${found}; expected ${wanted}`);
      else worst = Math.max(worst, Math.abs(found - wanted) / Math.max(1, Math.abs(wanted)));
    }
  }
  return worst;
}

function randomBlock(
  seed: number,
  vocabulary: number,
  length: number,
  spread = 3,
): Pick<Case, "target" | "drafted" | "draft"> {
  const random = seeded(seed);
  const row = () => Array.from({ length: vocabulary }, () => spread * (random() + random() + random() - 1.5));
  const target = Array.from({ length: length + 1 }, row);
  const drafted = target.slice(0, length).map((logits) => logits.map((value) => value + random() - 0.5));
  return { target, drafted, draft: drafted.map(() => Math.floor(random() * vocabulary)) };
}

describe("the graph of verification's arithmetic equals the plain one to 1e-4", () => {
  test("on random blocks, at several temperatures and sizes", async () => {
    for (const [seed, [vocabulary, length, temperature]] of (
      [
        [9, 1, 1],
        [50, 4, 0.3],
        [1000, 8, 2],
        [4099, 16, 0.8],
      ] as const
    ).entries())
      assert.ok((await compare({ ...randomBlock(seed, vocabulary, length), temperature })) < 1e-4);
  });

  test("with padding beyond the vocabulary and ids that are never said", async () => {
    const unused = new Set([0, 7, 49]);
    const block = randomBlock(5, 50, 6);
    const draft = block.draft.map((token) => (unused.has(token) ? 1 : token));
    assert.ok((await compare({ ...block, draft, temperature: 0.7, padding: 14, unused })) < 1e-4);
  });

  test("on logits of float16", async () => {
    assert.ok((await compare({ ...randomBlock(6, 300, 5), temperature: 0.7, float16: true })) < 1e-4);
  });

  test("on ties, rows with −∞, one-hot rows and large logits", async () => {
    const low = Number.NEGATIVE_INFINITY;
    const rows = [
      [0, 0, 0],
      [low, 0, 1],
      [0, low, low],
      [20, -20, 0],
      [1e4, -1e4, 0],
      [5, 5 - 1e-6, 5],
    ];
    for (const p of rows) {
      for (const q of rows) {
        for (let token = 0; token < 3; token++)
          assert.ok(
            (await compare({ target: [p, q], drafted: [q], draft: [token], temperature: 0.5 })) < 1e-4,
            `${p} against ${q}`,
          );
      }
    }
  });

  test("on a vocabulary of 151 936", async () => {
    assert.ok((await compare({ ...randomBlock(7, 151_936, 2), temperature: 0.8 })) < 1e-4);
  });
});

test("only what is asked for is computed, and no drafted rows are wanted for what does not read them", async () => {
  const { readings } = await computed({ ...randomBlock(8, 20, 3), temperature: 1 }, ["argmax", "raw entropy"]);
  assert.deepEqual(Object.keys(readings), ["argmax", "raw entropy"]);
});

test("logits that are no numbers show", async () => {
  const { target, drafted, draft } = randomBlock(9, 20, 3);
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const broken = target.map((row, at) => (at === 2 ? row.map((value, i) => (i === 11 ? odd : value)) : row));
    const { proof } = await computed({ target: broken, drafted, draft, temperature: 1 }, ["argmax"]);
    const sound = target.map((_, at) => isSound(proof[0]?.[at] as number, proof[1]?.[at] as number));
    assert.deepEqual(sound, [true, true, false, true]);
  }
});
