import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AnswerRow } from "../answers.ts";
import { readCard } from "../card.ts";
import { type PairPart, webgpuTable } from "../report.ts";

const machine = {
  processor: "P",
  cores: 2,
  platform: "linux/x64",
  runtime: "Node 24",
  date: "2026-01-02",
  commit: "c",
};
const spread = (median: number) => ({ low: median - 1, median, high: median + 1 });

function answer(place: string, policy: string, speed: number, gaps: readonly number[] = []): AnswerRow {
  const differences = gaps.map((gap, prompt) => ({ prompt, at: 3, tokens: [1, 2] as const, gap }));
  return {
    ...{ place, policy, decode: spread(speed), firstTokens: spread(5), tokensPerPass: 1, draftedPerPass: 0 },
    ...{ answers: 4, equal: 4 - gaps.length, differences },
  };
}

const pair: PairPart = {
  ...{ machine, card: { name: "Card", driver: "1.2" }, device: "webgpu" },
  ...{ weights: "float16", problems: 4, turns: 1, maxTokens: 8 },
  devices: { target: { name: "webgpu", why: "" }, draft: { name: "webgpu", why: "" } },
  blocks: [
    { length: 1, rows: 3, agreeing: 3, difference: 0.25, span: 100, gaps: [] },
    { length: 8, rows: 24, agreeing: 23, difference: 0.5, span: 400, gaps: [0.125] },
  ],
  answers: [
    answer("cpu", "plain", 100),
    answer("webgpu", "plain", 50),
    answer("webgpu", "strict", 75, [1e-6]),
    answer("webgpu", "judi", 200, [3]),
  ],
};

describe("webgpuTable", () => {
  const lines = webgpuTable({ pair }).split("\n");
  const rows = lines.map((line) => line.split("|").map((cell) => cell.trim()));
  const row = (place: string, policy: string) => rows.find((cells) => cells[1] === place && cells[2] === policy);

  test("says of all blocks how far the device is from the CPU, by the worst of each", () => {
    assert.equal(
      lines[0],
      "Blocks of 1 to 8 tokens: logits differ from the CPU's by at most 0.50, which is 0.25 % of what they span. The best token is the same in 26 of 27 rows; in the others the CPU's is better by at most 0.13.",
    );
  });

  test("compares each policy with plain decoding on the same place", () => {
    assert.equal(row("cpu", "plain")?.[4], "1.00×");
    assert.equal(row("webgpu", "strict")?.[4], "1.50×");
    assert.equal(row("webgpu", "judi")?.[4], "4.00×");
  });

  test("calls small differences rounding, those of lossy rules lossy, and any other unexplained", () => {
    assert.match(row("webgpu", "strict")?.[9] ?? "", /^rounding: logits at most 1\.0e-6 apart$/);
    assert.equal(row("webgpu", "judi")?.[9], "a lossy rule");
    const odd = webgpuTable({ pair: { ...pair, answers: [answer("webgpu", "strict", 75, [2])] } });
    assert.match(odd, /NOT EXPLAINED by rounding: logits at most 2\.0e\+0 apart/);
  });

  test("names the card, or says that there is none", () => {
    assert.match(lines.at(-1) ?? "", /^2026-01-02, Card, driver 1\.2; P \(2 cores\), Node 24, lenity at c\.$/);
    assert.match(webgpuTable({ pair: { ...pair, card: undefined } }), /2026-01-02, webgpu on no NVIDIA card; P/);
  });
});

describe("readCard", () => {
  test("reads the first card that nvidia-smi names", () => {
    assert.deepEqual(readCard("NVIDIA H200, 580.1\nNVIDIA H100, 580.1\n"), { name: "NVIDIA H200", driver: "580.1" });
  });

  test("reads no card from anything else", () => {
    assert.equal(readCard(""), undefined);
    assert.equal(readCard("No devices were found\n"), undefined);
  });
});
