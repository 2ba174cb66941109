import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { decode, type Scores, type Session } from "@lenity/core";
import { loadModel, type OnnxModel } from "../src/index.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** Files of one model: `exportDecoder`'s own, and those that other programs would have written. */
const forms: Readonly<Record<string, Form>> = {
  "new-rows": { newRows: true },
  "in-place": { taken: ["present_rows"] },
  concat: { concat: true },
  "concat without new rows": { concat: true, taken: ["present_rows"] },
  "new-rows of float16": { newRows: true, float16: true },
  "in-place of float16": { float16: true, wideOutputs: true, taken: ["present_rows"] },
  "concat of float16": { concat: true, float16: true },
};
const models: Record<string, OnnxModel> = {};

before(async () => {
  folder = await temporaryFolder();
  const dir = await writeModel(folder.path, "model");
  for (const [kind, form] of Object.entries(forms)) {
    await writeForm(dir, `${kind}.onnx`, small, form);
    models[kind] = await loadModel(dir, { threads: 1, file: `${kind}.onnx` });
  }
});
after(async () => {
  for (const model of Object.values(models)) await model.close();
  await folder.remove();
});

async function inBlocks(session: Session, tokens: readonly number[], size: number): Promise<Float32Array> {
  const all: Scores[] = [];
  for (let at = 0; at < tokens.length; at += size) all.push(await session.append(tokens.slice(at, at + size)));
  return Float32Array.from(all.flatMap(({ logits }) => [...logits]));
}

function furthest(a: Float32Array, b: Float32Array): number {
  assert.ok(a instanceof Float32Array && a.length === b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

for (const [kind, { float16 = false, wideOutputs = false }] of Object.entries(forms)) {
  describe(`a session of a model of the family ${kind}`, () => {
    const model = () => models[kind] as OnnxModel;
    const fresh = async (tokens: readonly number[]) => (await (await model().open()).append(tokens)).logits;

    test("knows which family it is", () => {
      const { family, precision, outputs, newRows } = model().graph;
      assert.equal(newRows, !/in-place|without/.test(kind));
      assert.deepEqual([family, precision], [kind.split(" ")[0], float16 ? "float16" : "float32"]);
      assert.equal(
        outputs.find(({ name }) => name === "logits")?.type,
        float16 && !wideOutputs ? "float16" : "float32",
      );
    });

    test("scores as the others do", async () => {
      const tokens = tokensOf(280);
      const options = { hidden: "post-norm" } as const;
      const [one, other] = [
        await (await model().open()).append(tokens, options),
        await (await (models["new-rows"] as OnnxModel).open()).append(tokens, options),
      ];
      // Logits span 42 units; the steps of float16 are 1/64 at 16 and beyond.
      const most = float16 ? 0.03 : 1e-4;
      assert.ok(furthest(one.logits, other.logits) < most);
      assert.ok(furthest(one.hidden as Float32Array, other.hidden as Float32Array) < most);
    });

    test("gives the same bits for a block, for singles and for anything between, across bucket borders", async () => {
      const tokens = tokensOf(280);
      const whole = await fresh(tokens);
      for (const size of [1, 2, 3, 17, 33, 65, 127, 129])
        assert.deepEqual(await inBlocks(await model().open(), tokens, size), whole, `blocks of ${size}`);
    });

    test("fills the context to its last token, singly too, with the bits of one block", async () => {
      const tokens = tokensOf(small.context);
      const whole = await fresh(tokens);
      for (const size of [1, 2, 33, 65]) {
        const session = await model().open();
        const last = 3 * size;
        await session.append(tokens.slice(0, -last));
        const rest = await inBlocks(session, tokens.slice(-last), size);
        assert.equal(session.length, small.context);
        assert.deepEqual(rest, whole.slice(-last * small.vocabulary));
      }
    });

    test("is as new after rewinding", async () => {
      const session = await model().open();
      await session.append(tokensOf(150, 1));
      for (const length of [140, 129, 128, 37, 1, 0]) {
        session.rewind(length);
        assert.equal(session.length, length);
        const other = tokensOf(20, 2 + length);
        const { logits } = await session.append(other);
        assert.deepEqual(
          logits,
          (await fresh([...tokensOf(150, 1).slice(0, length), ...other])).slice(-20 * small.vocabulary),
        );
        session.rewind(length);
        await session.append(tokensOf(150, 1).slice(length));
      }
    });

    test("does not change earlier rows with later tokens", async () => {
      const tokens = tokensOf(17);
      const changed = [...tokens.slice(0, -1), ((tokens.at(-1) ?? 0) + 1) % small.vocabulary];
      const rows = 16 * small.vocabulary;
      assert.deepEqual((await fresh(tokens)).slice(0, rows), (await fresh(changed)).slice(0, rows));
    });

    test("is independent of other sessions, interleaved and at once", async () => {
      const [a, b] = [tokensOf(60, 3), tokensOf(60, 4)];
      const [first, second] = [await model().open(), await model().open()];
      const got: Promise<Float32Array>[] = [inBlocks(first, a, 7), inBlocks(second, b, 5)];
      assert.deepEqual(await Promise.all(got), [await fresh(a), await fresh(b)]);
    });

    test("returns the last rows that were asked for", async () => {
      const tokens = tokensOf(200);
      const [whole, states] = await (async () => {
        const { logits, hidden } = await (await model().open()).append(tokens, { hidden: "pre-norm" });
        return [logits, hidden as Float32Array];
      })();
      for (const rows of [0, 1, 2, 72, 73, 130, 200, 500]) {
        const scores = await (await model().open()).append(tokens, { rows, hidden: "pre-norm" });
        const kept = Math.min(rows, 200);
        assert.equal(scores.rows, kept);
        assert.deepEqual(scores.logits, whole.slice((200 - kept) * small.vocabulary));
        assert.deepEqual(scores.hidden, states.slice((200 - kept) * small.width));
      }
    });

    test("gives hidden states only when asked", async () => {
      assert.equal((await (await model().open()).append([1, 2])).hidden, undefined);
    });

    test("refuses tokens beyond the context, and is as it was", async () => {
      const session = await model().open();
      const tokens = tokensOf(small.context - 1);
      await session.append(tokens, { rows: 0 });
      await assert.rejects(session.append([1, 2]), {
        code: "context_full",
        message: /has a context of 300 tokens: 299 are in use, 2 more/,
      });
      assert.equal(session.length, 299);
      assert.deepEqual((await session.append([5])).logits, (await fresh([...tokens, 5])).slice(-small.vocabulary));
      await assert.rejects(session.append([1]), { code: "context_full" });
    });
  });
}

describe("a session", () => {
  const model = () => models["new-rows"] as OnnxModel;

  test("refuses tokens that the model does not know", async () => {
    const session = await model().open();
    for (const token of [-1, 50, 1.5, Number.NaN]) await assert.rejects(session.append([1, token]), RangeError);
    assert.equal(session.length, 0);
  });

  test("appends nothing when there is nothing", async () => {
    const session = await model().open();
    assert.deepEqual(await session.append([]), { rows: 0, logits: new Float32Array(), hidden: undefined });
  });

  test("takes one append at a time", async () => {
    const session = await model().open();
    const first = session.append([1, 2]);
    await assert.rejects(session.append([3]), /before its last append had finished/);
    await first;
    assert.equal(session.length, 2);
  });

  test("ignores rewinding to beyond its end, and refuses a length that is none", async () => {
    const session = await model().open();
    await session.append([1, 2, 3]);
    session.rewind(10);
    assert.equal(session.length, 3);
    assert.throws(() => session.rewind(-1), RangeError);
    assert.throws(() => session.rewind(0.5), RangeError);
  });

  test("stops a long prompt when the signal fires, and is as it was", async () => {
    const session = await model().open();
    await session.append([1, 2, 3]);
    const controller = new AbortController();
    const reason = new Error("enough");
    const busy = session.append(tokensOf(290), { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(busy, { code: "aborted", cause: reason });
    assert.equal(session.length, 3);
    await assert.rejects(session.append([4], { signal: controller.signal }), { code: "aborted" });
    assert.deepEqual(
      (await session.append([4, 5])).logits,
      (await (await model().open()).append([1, 2, 3, 4, 5])).logits.slice(-2 * small.vocabulary),
    );
  });
});

describe("loadModel", () => {
  test("works under decode as any model of core's contract", async () => {
    const model = models["new-rows"] as OnnxModel;
    const tokens: number[] = [];
    for await (const event of decode([1, 2, 3], {
      target: model,
      maxTokens: 20,
      sampling: { temperature: 1 },
      seed: 3,
    })) {
      if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
    }
    assert.ok(tokens.length === 20 || tokens.at(-1) === 0);
  });

  test("reads EOS tokens from generation_config.json first, a number or a list", async () => {
    const dir = join(folder.path, "model");
    for (const [eos, expected] of [
      [7, [7]],
      [
        [7, 8],
        [7, 8],
      ],
    ] as const) {
      await writeFile(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: eos }));
      const model = await loadModel(dir, { threads: 1 });
      assert.deepEqual(model.eos, expected);
      await model.close();
    }
    await writeFile(join(dir, "generation_config.json"), "{}");
    assert.deepEqual((await readFile(join(dir, "config.json"), "utf8")).includes('"eos_token_id":0'), true);
    const model = await loadModel(pathToFileURL(`${dir}/`), { threads: 2, name: "pair" });
    assert.deepEqual([model.eos, model.name, model.folder], [[0], "pair", `${dir}/`]);
    await model.close();
  });
});
