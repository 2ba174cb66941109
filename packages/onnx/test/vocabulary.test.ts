/** Folders whose tokenizer and model, or target and draft, have different sizes. */
import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type DecodeOptions,
  decode,
  defaultRegistry,
  generate,
  lookupDrafter,
  modelDrafter,
  type Token,
} from "@lenity/core";
import { loadModel, loadPair, loadTokenizer, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { small, temporaryFolder, writeModel } from "../src/testing/random-llama.ts";
import { writeTexts } from "../src/testing/random-tokenizer.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** 50 logits, and 60: folders without a tokenizer, to be copied. */
let [fifty, sixty] = ["", ""];
before(async () => {
  folder = await temporaryFolder();
  fifty = await writeModel(folder.path, "fifty");
  sixty = await writeModel(folder.path, "sixty", { ...small, vocabulary: 60, layers: 1 }, 2);
});
after(() => folder.remove());

/** Thirty tokens; 7 is a gap, 28 and 29 are control tokens. */
const texts = Array.from({ length: 28 }, (_, id) => (id === 7 ? undefined : `t${id}`));
const controls = { 28: "<|a|>", 29: "<|b|>" };

let copies = 0;
/** A copy of the folder with a tokenizer. */
async function withTexts(
  dir: string,
  tokens = texts,
  added: Readonly<Record<number, string>> = controls,
): Promise<string> {
  const copy = join(folder.path, `copy-${copies++}`);
  await cp(dir, copy, { recursive: true });
  await writeTexts(copy, tokens, added);
  return copy;
}

async function said(prompt: readonly Token[], options: DecodeOptions): Promise<{ tokens: Token[]; drafted: number }> {
  const tokens: Token[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options })) {
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
    else return { tokens, drafted: event.counters.drafted };
  }
  throw new Error("decode() ended without a finish event.");
}

const sayable = (token: Token): boolean => token < 30 && token !== 7;

describe("a model with more logits than its tokenizer has tokens", () => {
  test("gives rows over the tokens alone, with the bits of the whole ones", async () => {
    const raw = await loadModel(fifty, { threads: 1 });
    const model = await loadModel(await withTexts(fifty), { threads: 1 });
    try {
      assert.deepEqual([model.vocabulary, model.width, [...(model.unused ?? [])], model.notes], [30, 50, [7], []]);
      assert.deepEqual([raw.vocabulary, raw.width, raw.unused?.size, raw.tokens], [50, 50, 0, undefined]);
      for (const rows of [1, 2, 140]) {
        const tokens = Array.from({ length: 140 }, (_, i) => i % 30);
        const [cut, whole] = [
          await (await model.open()).append(tokens, { rows, hidden: "post-norm" }),
          await (await raw.open()).append(tokens, { rows, hidden: "post-norm" }),
        ];
        assert.equal(cut.logits.length, rows * 30);
        for (let row = 0; row < rows; row++) {
          const expected = whole.logits.slice(row * 50, row * 50 + 30);
          expected[7] = Number.NEGATIVE_INFINITY;
          assert.deepEqual(cut.logits.slice(row * 30, (row + 1) * 30), expected);
        }
        assert.deepEqual(cut.hidden, whole.hidden);
      }
      assert.ok(
        (await said([1], { target: raw, maxTokens: 60, sampling: { temperature: 9 } })).tokens.some(
          (token) => !sayable(token),
        ),
      );
    } finally {
      await raw.close();
      await model.close();
    }
  });

  test("never says padding: plainly, with a draft model, with lookup; greedily and sampled; strictly and not", async () => {
    const pair = await loadPair(await withTexts(fifty), await withTexts(sixty));
    try {
      assert.deepEqual([pair.draft.vocabulary, pair.draft.width], [30, 60]);
      assert.deepEqual(pair.notes, [
        `${pair.draft.name} scores 60 ids and ${pair.target.name} 50: the tokens are the same, the padding differs`,
      ]);
      const registry = defaultRegistry();
      for (const temperature of [0, 9]) {
        const settings = { target: pair.target, maxTokens: 60, sampling: { temperature }, seed: 3, draftTokens: 5 };
        const plain = await said([1, 2, 3], settings);
        for (const policy of [
          "strict",
          "judi",
          { type: "topk", k: 20, delta: 1 },
          { type: "fly", entropy: 0, window: 2 },
        ]) {
          const verifier = registry.create(policy);
          const answer = await said([1, 2, 3], { ...settings, drafter: pair.drafter(), verifier });
          assert.ok(answer.drafted > 10 && answer.tokens.every(sayable), JSON.stringify(policy));
          if (policy === "strict" && temperature === 0) assert.deepEqual(answer.tokens, plain.tokens);
        }
        assert.ok(plain.tokens.every(sayable));
        assert.ok((await said([1, 2, 1, 2], { ...settings, drafter: lookupDrafter() })).tokens.every(sayable));
      }
    } finally {
      await pair.close();
    }
  });

  test("has the prompt's ids checked against the tokens that there are", async () => {
    const model = await loadModel(await withTexts(fifty), { threads: 1 });
    for (const token of [7, 30, 49]) {
      await assert.rejects(said([1, token], { target: model }), {
        code: "invalid_request",
        message: /ids 0 to 29, 1 of them unused/,
      });
    }
    await model.close();
  });
});

describe("a tokenizer with more tokens than its model has logits", () => {
  test("is refused with both sizes, when ordinary tokens lie beyond", async () => {
    const dir = await withTexts(
      fifty,
      Array.from({ length: 55 }, (_, id) => `t${id}`),
      {},
    );
    await assert.rejects(loadModel(dir, { threads: 1 }), {
      code: "model_files",
      message:
        /tokenizer\.json of .* has ids up to 54, but the model's vocab_size is 50\. .*download both from the same place/,
    });
  });

  test("works when only added tokens do, says so, and refuses prompts with them", async () => {
    const dir = await withTexts(
      fifty,
      Array.from({ length: 50 }, (_, id) => `t${id}`),
      { 50: "<pad>", 51: "<unk>" },
    );
    const model = await loadModel(dir, { threads: 1 });
    try {
      assert.equal(model.vocabulary, 50);
      assert.deepEqual(model.notes, [
        "the model has no embedding for the added tokens <pad> (50), <unk> (51): prompts that contain them are refused",
      ]);
      const tokenizer = await loadTokenizer(dir);
      assert.deepEqual(tokenizer.encode("<pad>"), [50]);
      assert.equal((await said([1], { target: model, maxTokens: 5 })).tokens.length, 5);
      await assert.rejects(generate("<pad>", { target: model, tokenizer }).next(), {
        code: "invalid_request",
        message: /token 50/,
      });
    } finally {
      await model.close();
    }
  });

  test("without any token is refused", async () => {
    await assert.rejects(loadModel(await withTexts(fifty, [], {}), { threads: 1 }), {
      code: "model_files",
      message: /has no tokens/,
    });
  });
});

describe("a draft model of another vocabulary", () => {
  /** Loads the pair, lets it answer, and compares with plain decoding. */
  async function works(
    target: string,
    draft: string,
    ...seen: readonly RegExp[]
  ): Promise<{ said: Token[]; drafted: Token[] }> {
    const pair = await loadPair(target, draft);
    const [answer, drafted]: [Token[], Token[]] = [[], []];
    try {
      assert.equal(pair.notes.length, seen.length, pair.notes.join("; "));
      for (const [at, note] of seen.entries()) assert.match(pair.notes[at] as string, note);
      for (const [seed, drafter] of [
        pair.drafter(),
        modelDrafter(pair.draft),
        pair.drafter(),
        pair.drafter(),
      ].entries()) {
        const watched: typeof drafter = {
          ...drafter,
          async propose(request) {
            const draft = await drafter.propose(request);
            drafted.push(...draft.tokens);
            return draft;
          },
        };
        const settings = { target: pair.target, maxTokens: 50, draftTokens: 4, seed };
        const plain = await said([1, 2 + seed], settings);
        assert.deepEqual((await said([1, 2 + seed], { ...settings, drafter: watched })).tokens, plain.tokens);
        const sampled = await said([1, 2 + seed], {
          ...settings,
          drafter: pair.drafter(),
          sampling: { temperature: 9 },
        });
        answer.push(...sampled.tokens);
        assert.ok(sampled.tokens.every((token) => token < pair.target.vocabulary && !pair.target.unused?.has(token)));
      }
    } finally {
      await pair.close();
    }
    return { said: answer, drafted };
  }

  test("with fewer tokens drafts those that both have", async () => {
    const { said, drafted } = await works(
      await withTexts(fifty),
      await withTexts(sixty, texts.slice(0, 20), {}),
      /never drafts 10 that only copy-\d+ has; .*infinite/,
    );
    assert.ok(drafted.length > 20 && drafted.every((token) => token < 20 && token !== 7));
    assert.ok(said.some((token) => token >= 20));
  });

  test("with more tokens, or without the target's gap, drafts the target's", async () => {
    const more = Array.from({ length: 40 }, (_, id) => (id === 28 || id === 29 ? undefined : `t${id}`));
    const { drafted } = await works(
      await withTexts(fifty),
      await withTexts(sixty, more, controls),
      /the padding differs/,
    );
    assert.ok(drafted.length > 20 && drafted.every(sayable));
  });

  test("with a smaller output layer than the target says drafts nothing after such a token, and goes on", async () => {
    const few = await writeModel(folder.path, "twenty", { ...small, vocabulary: 20, layers: 1 }, 3);
    const { said, drafted } = await works(
      await withTexts(fifty),
      await withTexts(few, texts.slice(0, 20), {}),
      /10 that only/,
    );
    assert.ok(drafted.every((token) => token < 20 && token !== 7) && said.some((token) => token >= 20));
  });

  test("with a control token of another meaning leaves it out", async () => {
    const { drafted } = await works(
      await withTexts(fifty),
      await withTexts(fifty, texts, { 28: "<|a|>", 29: "<|reserved|>" }),
      /never drafts 1 control tokens with a different meaning/,
    );
    assert.ok(!drafted.includes(29));
  });

  test("is refused when an ordinary token has another text", async () => {
    const other = texts.map((text, id) => (id === 12 ? "other" : text));
    const [target, draft] = [await withTexts(fifty), await withTexts(fifty, other)];
    await assert.rejects(loadPair(target, draft), (error: { code?: string; message: string }) => {
      assert.equal(error.code, "unsupported");
      assert.ok(error.message.includes(target) && error.message.includes(draft));
      assert.match(error.message, /token 12 is "other" in one and "t12" in the other\. .*target's family/);
      return true;
    });
  });

  test("is compared by size alone where a tokenizer is missing", async () => {
    await works(await withTexts(fifty), fifty);
    await assert.rejects(loadPair(await withTexts(fifty), sixty), {
      code: "unsupported",
      message: /60 and 50 token ids, and without both tokenizer\.json files/,
    });
    const target = await loadModel(fifty, { threads: 1 });
    await assert.rejects(loadModel(sixty, { threads: 1, draftsFor: target }), { code: "unsupported" });
    const draft = await loadModel(await withTexts(fifty), { threads: 1, draftsFor: target });
    assert.equal(draft.vocabulary, 50);
    for (const model of [target, draft]) await model.close();
  });

  test("is refused by decode when it was loaded by itself", async () => {
    const target = await loadModel(await withTexts(fifty), { threads: 1 });
    const draft: OnnxModel = await loadModel(sixty, { threads: 1 });
    await assert.rejects(said([1], { target, drafter: onnxDrafter(draft) }), {
      code: "unsupported",
      message: /60 token ids.* 30/,
    });
    await target.close();
    await draft.close();
  });
});

test("loadTokenizer tells gaps, and does not take a gap for a token", async () => {
  const dir = join(folder.path, "gaps");
  await writeTexts(dir, ["a", undefined, "c", undefined], { 6: "<x>" });
  const tokenizer = await loadTokenizer(dir);
  assert.deepEqual([tokenizer.vocabulary, [...(tokenizer.unused ?? [])]], [7, [1, 3, 4, 5]]);
  assert.equal(tokenizer.decode([0, 1, 2, 5, 6], { special: true }), "ac<x>");
  await rm(dir, { recursive: true });
});
