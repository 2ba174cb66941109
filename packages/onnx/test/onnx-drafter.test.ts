import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  bannedTokens,
  type Draft,
  type Drafter,
  decode,
  frequencyPenalty,
  type HiddenKind,
  type LogitsProcessor,
  modelDrafter,
  repetitionPenalty,
  type Sampling,
  sampling,
  seeded,
} from "@lenity/core";
import { exportDrafter, type LoadOptions, loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let other: OnnxModel;
/**
 * The same draft model: with a drafter file, which draws the tokens of a round in one call, and stepped, in every
 * family of caches.
 */
const forms: Record<string, OnnxModel> = {};
before(async () => {
  folder = await temporaryFolder();
  const dir = await writeModel(folder.path, "draft");
  await writeFile(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: [0, 7, 17, 27, 37, 47] }));
  await exportDrafter(dir);
  const load = (options: LoadOptions) => loadModel(dir, { threads: 1, hidden: ["layer-1"], ...options });
  forms["with a drafter file"] = await load({});
  forms["stepped"] = await load({ drafter: false });
  await writeForm(dir, "concat.onnx", small, { concat: true });
  forms["stepped, concat"] = await load({ file: "concat.onnx" });
  await writeForm(dir, "float16.onnx", small, { float16: true, taken: ["present_rows"] });
  forms["stepped, in-place of float16"] = await load({ file: "float16.onnx" });
  other = await loadModel(await writeModel(folder.path, "target", { ...small, layers: 3 }, 2), { threads: 1 });
});
after(async () => {
  for (const one of Object.values(forms)) await one.close();
  await other.close();
  await folder.remove();
});

function assertSame(a: Draft, b: Draft): void {
  assert.deepEqual(a.tokens, b.tokens);
  assert.equal(a.evidence?.length, b.evidence?.length);
  for (let at = 0; at < a.tokens.length; at++) {
    assert.deepEqual(a.evidence?.logits(at), b.evidence?.logits(at));
    assert.deepEqual(a.evidence?.row(at), b.evidence?.row(at));
  }
}

test("a drafter file is found beside the model file unless it is not wanted", () => {
  assert.match(forms["with a drafter file"]?.graph.drafter ?? "", /model\.drafter\.onnx$/);
  assert.equal(forms["stepped"]?.graph.drafter, undefined);
  assert.equal(forms["stepped, concat"]?.graph.drafter, undefined);
});

const settings: [string, Sampling][] = [
  ["greedily", sampling()],
  ["with sampling", sampling({ temperature: 1.3 })],
  ["with top-k and top-p", sampling({ temperature: 0.9, topK: 12, topP: 0.9 })],
];
for (const form of ["with a drafter file", "stepped", "stepped, concat", "stepped, in-place of float16"]) {
  for (const [how, settled] of settings) {
    test(`onnxDrafter, ${form}, drafts ${how} what stepping drafts, through rounds of rewriting`, async () => {
      const drafts = forms[form] as OnnxModel;
      const [fast, stepped] = [onnxDrafter(drafts), modelDrafter(drafts)];
      const random = seeded(5);
      let context = tokensOf(140, 9);
      let drafted = 0;
      for (let round = 0; round < 12; round++) {
        const limit = 1 + (round % 9);
        const uniform = Array.from({ length: limit }, random);
        const request = { context, limit, sampling: settled, uniform };
        const [a, b] = [await fast.propose(request), await stepped.propose(request)];
        assertSame(a, b);
        drafted += a.tokens.length;
        // Some of the draft stays, then comes another token; now and then the context is another one altogether.
        const kept = a.tokens.slice(0, round % 4);
        context =
          round % 5 === 4 ? [...context.slice(0, 60), ...tokensOf(3, round)] : [...context, ...kept, 1 + (round % 40)];
      }
      assert.ok(drafted > 24);
      await fast.close();
      await stepped.close();
    });
  }
}

const states: readonly HiddenKind[] = ["pre-norm", "post-norm", "layer-1", "layer-1-norm"];
for (const form of ["with a drafter file", "stepped", "stepped, concat", "stepped, in-place of float16"]) {
  for (const [how, settled] of settings) {
    test(`onnxDrafter, ${form}, gives the state after each token drafted ${how}, as running them all in a block does`, async () => {
      const model = forms[form] as OnnxModel;
      const [fast, stepped, plain] = [onnxDrafter(model), modelDrafter(model), onnxDrafter(model)];
      const block = await model.open();
      const random = seeded(7);
      let context = tokensOf(140, 9);
      let drafted = 0;
      for (let round = 0; round < 16; round++) {
        const limit = round % 5 === 4 ? 20 : Math.floor(6 * random());
        const hidden = states[round % 4] as HiddenKind;
        const uniform = Array.from({ length: limit }, random);
        const request = { context, limit, sampling: settled, uniform, hidden };
        const [a, b] = [await fast.propose(request), await stepped.propose(request)];
        assertSame(a, b);
        assertSame(a, await plain.propose({ ...request, hidden: undefined }));
        const rows = a.tokens.length;
        if (rows > 0) {
          await block.rewind(0);
          const expected = (await block.append([...context, ...a.tokens], { rows, hidden })).hidden as Float32Array;
          for (const at of a.tokens.keys()) {
            const row = expected.subarray(at * small.width, (at + 1) * small.width);
            assert.deepEqual(a.hidden?.at(at), row);
            assert.deepEqual(b.hidden?.at(at), row);
          }
        }
        drafted += rows;
        const kept = a.tokens.slice(0, Math.floor(random() * (rows + 1)));
        context = round % 5 === 4 ? [...context.slice(0, 60), ...tokensOf(3, round)] : [...context, ...kept, 1 + round];
      }
      assert.ok(drafted > 40, `${drafted} tokens drafted`);
      await fast.close();
      await stepped.close();
      await plain.close();
      await block.close();
    });
  }
}

test("onnxDrafter offers the hidden states that its model has, and refuses others", async () => {
  const drafter = onnxDrafter(forms["stepped"] as OnnxModel);
  const request = { context: [1, 2], limit: 2, sampling: sampling(), uniform: [0, 0] };
  assert.deepEqual(Object.keys(drafter.hidden ?? {}), states);
  await assert.rejects(drafter.propose({ ...request, hidden: "layer-5" }), {
    code: "unsupported",
    message: /^draft has no layer-5 hidden states/,
  });
  await drafter.close();
});

for (const form of ["with a drafter file", "stepped"])
  describe(`onnxDrafter, ${form},`, () => {
    let model: OnnxModel;
    before(() => {
      model = forms[form] as OnnxModel;
    });

    test("stops after drafting an EOS token", async () => {
      const drafter = onnxDrafter(model);
      let found = 0;
      for (let seed = 0; seed < 20; seed++) {
        const uniform = Array.from({ length: 40 }, seeded(seed));
        const draft = await drafter.propose({
          context: tokensOf(10, seed),
          limit: 40,
          sampling: sampling({ temperature: 3 }),
          uniform,
        });
        const at = draft.tokens.findIndex((token) => model.eos.includes(token));
        if (at < 0) continue;
        found++;
        assert.equal(at, draft.tokens.length - 1);
        assert.equal(draft.evidence?.length, draft.tokens.length);
      }
      assert.ok(found > 3);
      await drafter.close();
    });

    test("drafts no further than its own context, and nothing at its end", async () => {
      const drafter = onnxDrafter(model);
      const draftAfter = async (length: number) =>
        (
          await drafter.propose({
            context: tokensOf(length, 4),
            limit: 16,
            sampling: sampling(),
            uniform: new Array(16).fill(0),
          })
        ).tokens.length;
      assert.ok((await draftAfter(small.context - 3)) <= 3);
      assert.equal(await draftAfter(small.context), 0);
      assert.ok((await draftAfter(20)) > 0);
      await drafter.close();
    });

    test("gives up when the signal fires, and drafts rightly afterwards", async () => {
      const drafter = onnxDrafter(model);
      const context = tokensOf(200, 6);
      const request = { context, limit: 60, sampling: sampling({ temperature: 1 }), uniform: new Array(60).fill(0.5) };
      const controller = new AbortController();
      const busy = drafter.propose({ ...request, signal: controller.signal });
      controller.abort();
      await assert.rejects(busy, { code: "aborted" });
      assertSame(await drafter.propose(request), await modelDrafter(model).propose(request));
    });

    test("drafts the same when asked again, and rightly when the context has become shorter", async () => {
      const drafter = onnxDrafter(model);
      const ask = (drafts: Drafter, length: number) =>
        drafts.propose({
          context: tokensOf(30, 3).slice(0, length),
          limit: 5,
          sampling: sampling(),
          uniform: [0, 0, 0, 0, 0],
        });
      const first = await ask(drafter, 30);
      assertSame(await ask(drafter, 30), first);
      for (const length of [29, 12, 1]) assertSame(await ask(drafter, length), await ask(modelDrafter(model), length));
      await drafter.close();
    });

    test("starts anew after close", async () => {
      const drafter = onnxDrafter(model);
      const request = { context: [1, 2, 3], limit: 4, sampling: sampling(), uniform: [0, 0, 0, 0] };
      const first = await drafter.propose(request);
      await drafter.close();
      await drafter.close();
      assertSame(await drafter.propose(request), first);
    });

    for (const [how, processors] of [
      ["", []],
      [", with processors too", [repetitionPenalty(1.3), frequencyPenalty(0.2), bannedTokens([3, 9, 21])]],
    ] satisfies [string, LogitsProcessor[]][]) {
      test(`lets strict decoding say, to the token, what plain decoding says${how}`, async () => {
        const say = async (drafter: ReturnType<typeof onnxDrafter> | undefined) => {
          const tokens: number[] = [];
          for await (const event of decode(tokensOf(9, 8), {
            target: other,
            drafter,
            draftTokens: 8,
            processors,
            maxTokens: 80,
          })) {
            if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
          }
          return tokens;
        };
        const plain = await say(undefined);
        assert.deepEqual(await say(onnxDrafter(model)), plain);
        assert.deepEqual(await say(onnxDrafter(other)), plain);
      });
    }

    test("shapes its rows as the target's are, and keeps the beginning of a prompt that it has seen", async () => {
      const prompt = tokensOf(60, 11);
      const context = [...prompt, 4];
      const shaping = {
        vocabulary: model.vocabulary,
        shape: (logits: Float32Array, drafted: readonly number[]) => {
          logits[drafted.length] = 50;
          return true;
        },
        forced: () => [],
      };
      const ask = async (context: readonly number[]) => {
        const drafter = onnxDrafter(model);
        const uniform = [0.5, 0.5, 0.5];
        const draft = await drafter.propose({ context, limit: 3, sampling: sampling(), shaping, uniform });
        await drafter.close();
        return draft;
      };
      await ask(prompt);
      const { tokens, evidence } = await ask(context);
      // 0 is EOS: the draft ends with it.
      assert.deepEqual(tokens, [0]);
      assert.equal(evidence?.logits(0)[0], 50);
      const session = await model.open({ prompt: context });
      assert.ok(session.length >= prompt.length);
      await session.close();
    });
  });
