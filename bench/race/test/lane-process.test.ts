import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadTokenizer } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import type { LaneSetup } from "../lane.ts";
import { type LaneProcess, startLane } from "../lane-process.ts";

const [target, draft] = [fileURLToPath(tiny.target), fileURLToPath(tiny.draft)];
const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";
const eos = [0];
const setup: LaneSetup = {
  lane: { engine: "lenity", weights: "fp32", threads: 1, policy: "strict" },
  ...{ target, draft, eos, control: [], context: 512 },
};

describe("the process of a lane", () => {
  let lane: LaneProcess;
  let prompt: readonly number[];
  before(async () => {
    lane = await startLane(setup);
    prompt = (await loadTokenizer(target)).encode(`<|user|>${question}<|end|><|assistant|>`);
  });
  after(() => lane.close());

  test("answers to the end token, which is not part of the answer, and times what it did", async () => {
    const { tokens, first, together, last, end, cpu, memory } = await lane.ask({ prompt, maxTokens: 256 }, 60_000);
    assert.ok(tokens.length > 20 && tokens.length < 256 && !tokens.includes(0), `${tokens}`);
    assert.match((await loadTokenizer(target)).decode(tokens), /#### 7$/);
    assert.ok(0 < first && first < last && last <= end && cpu > 0 && memory > 2 ** 20);
    assert.ok(together >= 1 && together < tokens.length, `${together}`);
  });

  test("is given up, and ended, if an answer takes too long", async () => {
    await assert.rejects(
      lane.ask({ prompt, maxTokens: 256 }, 1),
      /lenity fp32 strict t1: it took longer than 0\.001 s/,
    );
    await assert.rejects(lane.ask({ prompt, maxTokens: 1 }, 60_000), /process (has )?ended/);
  });
});

test("a lane whose models are missing fails with the reason", async () => {
  await assert.rejects(startLane({ ...setup, target: "/nowhere" }), /lenity fp32 strict t1: .*nowhere/);
});
