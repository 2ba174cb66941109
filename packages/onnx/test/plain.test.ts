/** Plain decoding: tokens drawn in the worker, and tokens that run alone. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  coupled,
  type DecodeOptions,
  decode,
  type LanguageModel,
  type Sampling,
  type Session,
  type Token,
} from "@lenity/core";
import { difference } from "../src/checks/difference.ts";
import { exportDecoder, loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** Its tokens give other bits alone (GroupQueryAttention), or the same (split attention). */
let differing: OnnxModel;
let equal: OnnxModel;
let concat: OnnxModel;
let draft: OnnxModel;

before(async () => {
  folder = await temporaryFolder();
  const dir = await writeModel(folder.path, "model");
  await exportDecoder(dir, { attention: "split", file: "split.onnx" });
  await writeForm(dir, "concat.onnx", small, { concat: true });
  differing = await loadModel(dir, { threads: 1 });
  equal = await loadModel(dir, { threads: 1, file: "split.onnx" });
  concat = await loadModel(dir, { threads: 1, file: "concat.onnx" });
  draft = await loadModel(await writeModel(folder.path, "draft", { ...small, layers: 1 }), { threads: 1 });
});
after(async () => {
  await Promise.all([differing, equal, concat, draft].map((model) => model.close()));
  await folder.remove();
});

/** The model without `draw`, so that every token is a message. */
const stepped = (model: OnnxModel): LanguageModel => ({
  ...model,
  async open(options) {
    const session = await model.open(options);
    return Object.assign(Object.create(session) as Session, { draw: undefined });
  },
});

async function answer(target: LanguageModel, options: Partial<DecodeOptions> & { readonly prompt?: Token[] } = {}) {
  const { prompt = tokensOf(20, 3), ...rest } = options;
  const rounds: object[][] = [];
  let reason: string | undefined;
  for await (const event of decode(prompt, { target, maxTokens: 40, ...rest })) {
    if (event.type === "finish") reason = event.reason;
    else rounds.push([...event.tokens]);
  }
  return { tokens: rounds.flat() as { readonly token: Token }[], reason, messages: rounds.length };
}
const textOf = ({ tokens }: Awaited<ReturnType<typeof answer>>) => tokens.map(({ token }) => token);

describe("tokens drawn in the worker", () => {
  const samplings: Partial<Sampling>[] = [{}, { temperature: 5 }, { temperature: 4, topK: 9, topP: 0.9, minP: 0.02 }];
  for (const kind of ["differing", "equal", "concat"] as const) {
    test(`are those of one message each, in fewer messages (${kind})`, async () => {
      const model = { differing, equal, concat }[kind];
      let [tokens, messages] = [0, 0];
      for (const [at, sampling] of samplings.entries()) {
        for (const [n, blockExact] of [false, true].entries()) {
          const options = { prompt: tokensOf(1 + 70 * at + 33 * n, at), sampling, blockExact, seed: 7 * at + n };
          const drawn = await answer(model, options);
          const { tokens: expected, reason } = await answer(stepped(model), options);
          assert.deepEqual([drawn.tokens, drawn.reason], [expected, reason]);
          tokens += drawn.tokens.length;
          messages += drawn.messages;
        }
      }
      assert.ok(tokens > 150 && messages < tokens / 2, `${messages} messages for ${tokens} tokens`);
    });
  }

  test("are those of one message each by noise, to the end of the context, and to an end token", async () => {
    const room = 12;
    for (const options of [
      { verifier: coupled(), sampling: { temperature: 5 }, seed: 5 },
      { prompt: tokensOf(small.context - room, 4), maxTokens: undefined },
    ]) {
      const drawn = await answer(differing, options);
      const { tokens, reason } = await answer(stepped(differing), options);
      assert.deepEqual([drawn.tokens, drawn.reason], [tokens, reason]);
      if (options.prompt !== undefined) assert.deepEqual([drawn.tokens.length, reason], [room, "length"]);
    }
    // The worker ends a turn at EOS: no token comes after it.
    const session = await differing.open();
    await session.append(tokensOf(20, 3));
    let [drawn, last]: [readonly Token[], Token] = [[], 5];
    const settings = { limit: 8, sampling: { temperature: 2, topK: 0, topP: 1, minP: 0 } };
    for (let turn = 0; turn < 60 && !differing.eos.includes(last); turn++) {
      const uniform = Array.from({ length: 8 }, (_, at) => ((turn * 8 + at) * 0.61803) % 1);
      drawn = (await session.draw?.([last], { ...settings, uniform })) ?? [];
      assert.ok(drawn.slice(0, -1).every((token) => !differing.eos.includes(token)));
      last = drawn.at(-1) as Token;
    }
    await session.close();
  });

  test("come one at a time after a prompt, then several, and are in the cache but for the last", async () => {
    const session = await differing.open({ blockExact: false });
    const settings = { sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 }, limit: 8, uniform: Array(8).fill(0.5) };
    const first = (await session.draw?.(tokensOf(200, 3), settings)) as readonly Token[];
    assert.deepEqual([first.length, session.length], [1, 200]);
    // A turn ends by the clock, too: on a busy machine one may be short.
    let [drawn, last] = [0, first];
    for (let turn = 0; turn < 8; turn++) {
      last = (await session.draw?.(last.slice(-1), settings)) as readonly Token[];
      assert.ok(last.length >= 1 && last.length <= 8);
      drawn += last.length;
      assert.equal(session.length, 200 + drawn);
    }
    assert.ok(drawn > 16, `${drawn} tokens in 8 turns`);
    await session.close();
  });

  test("end with the request when it is cancelled, and the next request is answered as ever", async () => {
    const expected = textOf(await answer(differing));
    for (const turns of [0, 1, 2]) {
      const abort = new AbortController();
      const events = decode(tokensOf(20, 3), { target: differing, maxTokens: 40, signal: abort.signal });
      for (let turn = 0; turn < turns; turn++) await events.next();
      const next = events.next();
      abort.abort();
      await assert.rejects(next, { code: "aborted" });
      assert.deepEqual(textOf(await answer(differing)), expected);
    }
  });
});

describe("tokens that run alone", () => {
  /** The rows of the last `count` tokens, computed one by one. */
  const oneByOne = async (model: OnnxModel, tokens: Token[], count: number, blockExact: boolean | undefined) => {
    const session = await model.open({ blockExact });
    await session.append(tokens.slice(0, -count), { rows: 0 });
    const rows: Float32Array[] = [];
    for (const token of tokens.slice(-count)) rows.push((await session.append([token])).logits);
    await session.close();
    return Float32Array.from(rows.flatMap((row) => [...row]));
  };
  const inBlock = async (model: OnnxModel, tokens: Token[], count: number) => {
    const session = await model.open();
    const { logits } = await session.append(tokens, { rows: count });
    await session.close();
    return logits;
  };

  test("do so where nobody needs the bits of blocks, and then give almost the same numbers", async () => {
    const tokens = tokensOf(60, 9);
    const block = await inBlock(differing, tokens, 20);
    assert.deepEqual(await oneByOne(differing, tokens, 20, undefined), block);
    assert.deepEqual(await oneByOne(differing, tokens, 20, true), block);
    const alone = difference(await oneByOne(differing, tokens, 20, false), block);
    assert.ok(alone > 0 && alone < 1e-4, `they differ by ${alone}`);
    const { singleDifference } = differing.check;
    assert.ok(singleDifference > 0 && singleDifference < 1e-4);
    assert.deepEqual([differing.aloneAsInBlocks, differing.check.blockDifference], [false, 0]);
  });

  test("do so for everybody where they give the bits of blocks, at all lengths", async () => {
    assert.deepEqual([equal.aloneAsInBlocks, equal.check.singleDifference], [true, 0]);
    for (const length of [6, 40, 150, 290]) {
      const tokens = tokensOf(length, length);
      const block = await inBlock(equal, tokens, 5);
      for (const blockExact of [true, false])
        assert.deepEqual(await oneByOne(equal, tokens, 5, blockExact), block, `${length} tokens`);
    }
  });

  test("are not taken over by a later session; what ran in blocks is", async () => {
    const prompt = tokensOf(40, 21);
    const { tokens } = await answer(differing, { prompt });
    const whole = [...prompt, ...tokens.map(({ token }) => token), 7, 8, 9];
    const next = await differing.open({ prompt: whole });
    assert.equal(next.length, prompt.length);
    const { logits } = await next.append(whole.slice(next.length), { rows: 3 });
    await next.close();
    const fresh = await differing.open();
    assert.deepEqual(logits, (await fresh.append(whole, { rows: 3 })).logits);
    await fresh.close();
    // Where they have the same bits, all but the last are.
    const exact = await answer(equal, { prompt });
    const again = await equal.open({ prompt: [...prompt, ...textOf(exact), 7, 8, 9] });
    assert.equal(again.length, prompt.length + exact.tokens.length - 1);
    await again.close();
    const asked = await answer(differing, { prompt: tokensOf(40, 22), blockExact: true });
    const kept = await differing.open({ prompt: [...tokensOf(40, 22), ...textOf(asked), 7, 8, 9] });
    assert.equal(kept.length, 40 + asked.tokens.length - 1);
    await kept.close();
  });

  test("change no answer by what was cached of its prompt", async () => {
    for (const length of [1, 2, 17, 34, 129, 130, 161]) {
      const prompt = tokensOf(length, 40 + length);
      const settings = { prompt, sampling: { temperature: 5 }, seed: length };
      const cold = await answer(differing, settings);
      const warm = await answer(differing, settings);
      assert.deepEqual(warm.tokens, cold.tokens, `${length} tokens`);
      // To the bit, though all but the last token is in the cache.
      const session = await differing.open({ prompt, blockExact: false });
      if (length > 16) assert.equal(session.length, length - 1);
      const { logits } = await session.append(prompt.slice(session.length), { rows: 1 });
      await session.close();
      const fresh = await differing.open({ blockExact: false });
      await fresh.append(prompt.slice(0, -1), { rows: 0 });
      const alike = (await fresh.append(prompt.slice(-1), { rows: 1 })).logits;
      await fresh.close();
      assert.deepEqual([logits, alike], Array(2).fill(await inBlock(differing, prompt, 1)));
    }
  });
});

describe("plain decoding", () => {
  test("with blockExact is, to the bit, what strict verification gives, and without it up to the difference", async () => {
    for (let seed = 0; seed < 8; seed++) {
      const prompt = tokensOf(30 + seed, seed);
      const strict = await answer(differing, { prompt, drafter: onnxDrafter(draft), draftTokens: 5 });
      const exact = await answer(differing, { prompt, blockExact: true });
      assert.deepEqual(textOf(strict), textOf(exact));
      const plain = textOf(await answer(differing, { prompt }));
      const rows = await (async () => {
        const session = await differing.open();
        const { logits } = await session.append([...prompt, ...plain], { rows: plain.length + 1 });
        await session.close();
        return logits;
      })();
      for (const [at, token] of plain.entries()) {
        const row = rows.subarray(at * differing.vocabulary, (at + 1) * differing.vocabulary);
        // Ten times what the check found on a few tokens.
        const near = 20 * differing.check.singleDifference;
        assert.ok((row[token] as number) >= Math.max(...row) - near, `token ${at} is not the most probable one`);
      }
    }
  });
});
