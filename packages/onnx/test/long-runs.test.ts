/** A prompt runs in long parts where a session has the model to itself. Nothing that it computes depends on that. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type DecodeOptions, decode, defaultRegistry, type Token } from "@lenity/core";
import { exportDecoder, exportDrafter, loadModel, loadPair } from "../src/index.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";

const shape = { ...small, vocabulary: 300, context: 1000 };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: { readonly target: string; readonly draft: string };

before(async () => {
  folder = await temporaryFolder();
  const write = async (name: string, layers: number) => {
    const dir = await writeModel(folder.path, name, { ...shape, layers });
    await writeTokenizer(dir);
    return dir;
  };
  home = { target: await write("target", 2), draft: await write("draft", 1) };
  await exportDrafter(home.draft);
  const calibration = [tokensOf(60, 4)];
  for (const attention of ["gqa", "split"] as const) {
    await exportDecoder(home.target, { attention, file: `${attention}.onnx` });
    await exportDecoder(home.target, { attention, weights: "int8", calibration, file: `int8-${attention}.onnx` });
  }
  await exportDecoder(home.target, { attention: "split", cacheType: "int8", calibration, file: "int8-cache.onnx" });
  await writeForm(home.target, "concat.onnx", shape, { concat: true });
});
after(() => folder.remove());

const files = ["gqa.onnx", "split.onnx", "int8-gqa.onnx", "int8-split.onnx", "int8-cache.onnx", "concat.onnx"];

describe("the rows of a prompt and those after it have the same bits in long runs and in short ones,", () => {
  for (const file of files) {
    test(`from ${file}`, async () => {
      const model = await loadModel(home.target, { file, cacheBytes: 0 });
      try {
        assert.equal(model.check.blockDifference, 0);
        for (const [held, length] of [
          [0, 200],
          [37, 440],
          [1, 990],
        ] as const) {
          const text = tokensOf(length + 6, length);
          const rows = async () => {
            const session = await model.open();
            await session.append(text.slice(0, held), { rows: 0 });
            const { logits } = await session.append(text.slice(held, length), { rows: 3 });
            const { logits: after } = await session.append(text.slice(length));
            await session.close();
            return [...logits, ...after];
          };
          const expected = await rows();
          const other = await model.open();
          assert.deepEqual(await rows(), expected, `${length} tokens after ${held}`);
          await other.close();
        }
      } finally {
        await model.close();
      }
    });
  }
});

test("an answer to a long prompt is the same beside an open session, of a new prompt and of one that was kept", async () => {
  const pair = await loadPair(home.target, home.draft, { file: "gqa.onnx" });
  const registry = defaultRegistry();
  const ways: Readonly<Record<string, Partial<DecodeOptions>>> = {
    plain: { blockExact: true },
    strict: { drafter: pair.drafter(), verifier: registry.create("strict"), draftTokens: 6 },
    block: {
      ...{ drafter: pair.drafter(), verifier: registry.create("block"), draftTokens: 6 },
      ...{ sampling: { temperature: 0.8 }, seed: 4 },
    },
  };
  const answer = async (options: Partial<DecodeOptions>, scope: string) => {
    const texts: Token[][] = [];
    for (const length of [600, 900]) {
      const tokens: Token[] = [];
      const settings = { target: pair.target, maxTokens: 20, scope, ...options };
      for await (const event of decode(tokensOf(length, 5), settings))
        if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
      texts.push(tokens);
    }
    return texts;
  };
  try {
    const found: Record<string, Token[][]> = {};
    for (const [way, options] of Object.entries(ways)) {
      const expected = await answer(options, `${way} alone`);
      const other = await pair.target.open();
      assert.deepEqual(await answer(options, `${way} beside`), expected, way);
      await other.close();
      found[way] = expected;
    }
    assert.deepEqual(found["strict"], found["plain"]);
  } finally {
    await pair.close();
  }
});
