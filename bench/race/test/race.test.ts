import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tableModel } from "@lenity/core/testing";
import { type Lane, type LaneAnswer, laneName } from "../lane.ts";
import { chooseLanes } from "../lanes.ts";
import { race } from "../race.ts";
import { mend } from "../repaired-llama.ts";
import { raceRows, raceTable, textsTable } from "../report.ts";
import { compareTexts } from "../texts.ts";

const plain: Lane = { engine: "lenity", weights: "fp32", threads: 1 };
const strict: Lane = { ...plain, policy: "strict" };
const peer: Lane = { engine: "llama.cpp", weights: "f32", threads: 1 };
const answer = (tokens: readonly number[], times: Partial<LaneAnswer> = {}): LaneAnswer => ({
  ...{ tokens, first: 10, together: 1, last: 110, end: 120, cpu: 60, memory: 2 ** 20 },
  ...times,
});

describe("the figures of a lane", () => {
  const chunks = [
    [answer([1, 2, 3, 4, 5, 6], { together: 4 }), answer([1, 2])],
    [answer([1, 2, 3, 4])],
    [answer([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])],
  ];

  test("are medians over chunks, and tokens that came with the first do not count as decoded after it", async () => {
    const isRight = async (problem: number, tokens: readonly number[]) =>
      tokens.length === chunks.flat()[problem]?.tokens.length && problem > 0;
    const [row] = await raceRows({ results: [{ lane: strict, chunks }], missing: [] }, isRight);
    // Per chunk: 2 + 1 tokens in 200 ms, 3 in 100 ms, 10 in 100 ms.
    assert.deepEqual(row?.decode, { median: 30, low: 15, high: 100 });
    assert.equal(row?.endToEnd.median, (1000 * 8) / 240);
    assert.equal(row?.perCpuSecond.median, (1000 * 8) / 120);
    assert.deepEqual([row?.firstToken.median, row?.memory, row?.right], [10, 1, 3]);
  });

  test("are shown relative to the fastest peer, the fastest lane first", async () => {
    const results = {
      results: [
        { lane: peer, chunks: [[answer([1, 2, 3])]] },
        { lane: strict, chunks: [[answer([1, 2, 3, 4, 5])]] },
      ],
      missing: [],
    };
    const rows = await raceRows(results, () => true);
    const [, , first, second] = raceTable({ rows, problems: 1 }).split("\n");
    assert.match(first ?? "", /lenity fp32 strict t1 .* 2\.00× /);
    assert.match(second ?? "", /llama\.cpp f32 plain t1 .* 1\.00× /);
  });
});

describe("texts", () => {
  const result = (lane: Lane, ...answers: readonly (readonly number[])[]) => ({
    lane,
    chunks: [answers.map((tokens) => answer(tokens))],
  });
  const prompts = [[1], [2]];
  /** Token 4 is as good as token 3 but for rounding, token 5 for what llama.cpp rounds; token 2 is bad. */
  const target = tableModel({ vocabulary: 6, eos: [0], logits: () => [0, 0, -3, 2, 2 - 2 ** -12, 2 - 2 ** -8] });

  test("of lossless lanes differ only where the logits are as close as rounding, or the table says so", async () => {
    const results = [
      result(plain, [3, 3], [3, 4]),
      result(strict, [3, 3], [3, 4]),
      result(peer, [3, 4], [3, 4]),
      result({ ...peer, threads: 2 }, [3, 3], [5]),
      result({ ...peer, draft: "repaired" }, [3, 3], [2]),
      result({ ...strict, threads: 2 }, [3, 3], [5]),
      result({ ...plain, weights: "int8" }, [3, 3], [2]),
    ];
    const texts = await compareTexts(results, prompts, target);
    assert.deepEqual(
      texts.map(({ equal, differences }) => [equal, differences?.length]),
      [[2, 0], ...[1, 1, 1, 1].map(() => [1, 1]), [1, undefined]],
    );
    assert.deepEqual(texts[1]?.differences, [{ prompt: 0, at: 1, tokens: [4, 3], gap: 2 ** -12 }]);
    const [, , same, rounding, llama, wrong, ours] = textsTable({ texts }).split("\n");
    assert.match(same ?? "", / none /);
    assert.match(rounding ?? "", / rounding: logits at most 2\.4e-4 apart /);
    assert.match(llama ?? "", / rounding: logits at most 3\.9e-3 apart /);
    for (const line of [wrong, ours]) assert.match(line ?? "", / NOT EXPLAINED by rounding/);
  });
});

test("a lane that cannot run, or whose engine is missing, is named with the reason, and kept turns are not run", async () => {
  const kept = new Map([["lenity fp32 plain t1 0", [answer([7])]]]);
  const added: string[] = [];
  const { results, missing } = await race({
    lanes: [plain, peer, { ...peer, engine: "transformers.js", weights: "fp32" }],
    peers: {
      found: [{ engine: "transformers.js", package: "a 1.0.0", module: "/nowhere/a.js" }],
      missing: [{ engine: "llama.cpp", reason: "It is not here." }],
    },
    weights: async () => ({ target: "/nowhere", draft: "/nowhere" }),
    ...{ prompts: [[1]], warmUp: [], chunk: 1, maxTokens: 1, context: 8, eos: [0], control: [] },
    kept: {
      get: (lane, chunk) => kept.get(`${lane} ${chunk}`),
      add: async (lane) => {
        added.push(lane);
      },
    },
  });
  assert.deepEqual(
    results.map(({ lane, chunks }) => [laneName(lane), chunks]),
    [["lenity fp32 plain t1", [[answer([7])]]]],
  );
  assert.deepEqual(
    missing.map(({ lane }) => lane),
    ["llama.cpp f32 plain t1", "transformers.js fp32 t1"],
  );
  assert.equal(missing[0]?.reason, "It is not here.");
  assert.match(missing[1]?.reason ?? "", /nowhere/);
  assert.deepEqual(added, []);
});

test("lanes are chosen by a part of their names, and --quick has one of each engine", () => {
  assert.deepEqual(chooseLanes(["q8_0 draft"], false).map(laneName), [
    "llama.cpp q8_0 draft as shipped t1",
    "llama.cpp q8_0 draft repaired t1",
  ]);
  const engines = new Set(chooseLanes(undefined, true).map(({ engine }) => engine));
  assert.deepEqual([...engines], ["lenity", "llama.cpp", "transformers.js"]);
  assert.equal(new Set(chooseLanes(undefined, false).map(laneName)).size, chooseLanes(undefined, false).length);
});

test("the repair remembers a validated token, and refuses code that it does not know", () => {
  const loop = "if (right) { this._validatedTokenPredictions++; }";
  const mended = mend(loop) ?? "";
  const run = new Function("validatedTokens", "evalTokens", "i", "resultToken", "right", mended);
  const validated: number[][] = [];
  run.call({ _validatedTokenPredictions: 0 }, validated, [5, 6], 1, 8, true);
  run.call({ _validatedTokenPredictions: 0 }, validated, [5, 6], 0, 9, false);
  assert.deepEqual(validated, [[6, 8]]);
  for (const other of ["", loop + loop, mended]) assert.equal(mend(other), undefined);
});
