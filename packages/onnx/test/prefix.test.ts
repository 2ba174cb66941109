import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Counters, decode, defaultRegistry, type Policy, seeded } from "@lenity/core";
import { loadModel, type OnnxModel, type OnnxSession, onnxDrafter } from "../src/index.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const forms: Readonly<Record<string, Form>> = {
  "new-rows": { newRows: true },
  // New rows alone cannot be had where another value has their name.
  "in-place": { taken: ["present_rows"] },
  concat: { concat: true },
  "concat that returns all rows": { concat: true, taken: ["present_rows"] },
  "concat of float16": { concat: true, float16: true },
};
/** A few caches' worth of bytes, so that some go. */
const cacheBytes = 1_000_000;
/** Each form twice: keeping caches, and keeping none. */
const models: Record<string, readonly [OnnxModel, OnnxModel]> = {};
let drafts: readonly [OnnxModel, OnnxModel];

before(async () => {
  folder = await temporaryFolder();
  const dir = await writeModel(folder.path, "model");
  for (const [kind, form] of Object.entries(forms)) {
    const file = `${kind}.onnx`;
    await writeForm(dir, file, small, form);
    const model = await loadModel(dir, { threads: 1, file, cacheBytes });
    models[kind] = [model, await loadModel(dir, { threads: 1, file, cacheBytes: 0 })];
    assert.deepEqual([model.graph.family, model.graph.newRows], [kind.split(" ")[0], form.taken === undefined]);
  }
  const draft = await writeModel(folder.path, "draft", { ...small, layers: 1 });
  drafts = [await loadModel(draft, { threads: 1 }), await loadModel(draft, { threads: 1, cacheBytes: 0 })];
});
after(async () => {
  for (const model of [...Object.values(models), drafts].flat()) await model.close();
  await folder.remove();
});

/** Prompts that share their beginnings with some others, in all lengths. */
function promptOf(random: () => number): number[] {
  const whole = (below: number) => Math.floor(random() * below);
  return [
    tokensOf(20 + whole(140), 1 + whole(2)),
    tokensOf(whole(70), 3 + whole(2)),
    tokensOf(1 + whole(20), 5 + whole(3)),
  ].flat();
}

for (const kind of Object.keys(forms)) {
  describe(`a prefix kept by a model of the family ${kind}`, () => {
    test("gives the bits of a prompt run anew, whatever became of the sessions before", async () => {
      const [model, plain] = models[kind] as readonly [OnnxModel, OnnxModel];
      const random = seeded(7);
      const open: { readonly session: OnnxSession; tokens: number[] }[] = [];
      let reused = 0;
      const append = async (one: (typeof open)[number], more: readonly number[]) => {
        const tokens = [...one.tokens.slice(0, one.session.length), ...more];
        const rows = Math.min(more.length, 3);
        const { logits } = await one.session.append(more, { rows });
        const fresh = await plain.open();
        assert.deepEqual(logits, (await fresh.append(tokens, { rows })).logits);
        await fresh.close();
        one.tokens = tokens;
      };
      for (let step = 0; step < 150; step++) {
        const chance = random();
        const at = Math.floor(random() * open.length);
        const one = open[at];
        if (one === undefined || (chance < 0.4 && open.length < 4)) {
          const prompt = promptOf(random);
          const session = await model.open({ prompt });
          assert.ok(session.length < prompt.length);
          if (session.length > 0) reused++;
          const opened = { session, tokens: prompt };
          open.push(opened);
          await append(opened, prompt.slice(session.length));
        } else if (chance < 0.6) {
          one.session.rewind(Math.floor(random() * (one.session.length + 1)));
          await append(one, tokensOf(1 + Math.floor(random() * 17), step));
        } else if (chance < 0.7) {
          const controller = new AbortController();
          const aborted = one.session.append(tokensOf(40, step), { signal: controller.signal });
          controller.abort();
          await assert.rejects(aborted, { code: "aborted" });
        } else {
          open.splice(at, 1);
          await one.session.close();
          assert.ok((model.engines[0]?.keptBytes ?? 0) <= cacheBytes);
        }
      }
      for (const { session } of open) await session.close();
      assert.ok(reused > 15, `${reused} prefixes were found`);
    });

    test("changes no answer and no count, strict, lossy, by hidden states or sampled", async () => {
      const registry = defaultRegistry({
        judge: { hidden: "pre-norm", weight: Array.from({ length: small.width }, (_, i) => Math.sin(i)), bias: 0 },
      });
      const settings: readonly [Policy, number][] = [
        ["strict", 0],
        ["judi", 0],
        ["judge", 0],
        ["strict", 1],
        ["judi", 1],
      ];
      const system = tokensOf(60, 11);
      const answer = async (of: 0 | 1, prompt: readonly number[], [policy, temperature]: readonly [Policy, number]) => {
        const target = (models[kind] as readonly [OnnxModel, OnnxModel])[of];
        const said: object[] = [];
        let counters: Counters | undefined;
        const options = { target, drafter: onnxDrafter(drafts[of]), verifier: registry.create(policy), draftTokens: 8 };
        for await (const event of decode(prompt, { ...options, maxTokens: 20, sampling: { temperature }, seed: 3 })) {
          if (event.type === "finish") counters = event.counters;
          else said.push(...event.tokens);
        }
        const { cached, ...counts } = counters as Counters;
        return { cached, of: { said, counts } };
      };
      for (const setting of settings) {
        // A question, another one, the first again, and how the first goes on.
        const [one, other] = [12, 13].map((seed) => [...system, ...tokensOf(15, seed)]) as [number[], number[]];
        for (const [prompt, least] of [
          [one, 0],
          [other, 60],
          [one, 74],
          [[...one, ...tokensOf(30, 14)], 75],
        ] as const) {
          const [kept, anew] = [await answer(0, prompt, setting), await answer(1, prompt, setting)];
          assert.deepEqual(kept.of, anew.of);
          assert.equal(anew.cached, 0);
          assert.ok(kept.cached >= least, `${kept.cached} tokens were kept, not ${least}`);
        }
      }
    });
  });
}

describe("kept prefixes", () => {
  const pair = () => models["new-rows"] as readonly [OnnxModel, OnnxModel];

  test("serve a drafter too, through all that it drafts", async () => {
    const context = tokensOf(120, 21);
    const ask = async (of: 0 | 1, prompt: readonly number[]) => {
      const drafter = onnxDrafter(drafts[of]);
      const settings = { temperature: 0, topK: 0, topP: 1, minP: 0 };
      const { tokens } = await drafter.propose({
        context: prompt,
        limit: 6,
        sampling: settings,
        uniform: new Array(6).fill(0),
      });
      await drafter.close();
      return tokens;
    };
    for (const prompt of [context, [...context.slice(0, 90), ...tokensOf(9, 22)], context]) {
      assert.deepEqual(await ask(0, prompt), await ask(1, prompt));
    }
    const session = await drafts[0].open({ prompt: [...context, 1] });
    assert.equal(session.length, 120);
    await session.close();
  });

  test("are apart by scope, of a target and of its drafter", async () => {
    const prompt = tokensOf(70, 51);
    const cached = async (scope: string | undefined) => {
      const [target] = pair();
      const options = { target, drafter: onnxDrafter(drafts[0]), draftTokens: 4, maxTokens: 6, scope };
      for await (const event of decode(prompt, options)) if (event.type === "finish") return event.counters.cached;
      throw new Error("decode() ended without an answer.");
    };
    const drafted = async (scope: string | undefined) => {
      const session = await drafts[0].open({ prompt, scope });
      const { length } = session;
      await session.close();
      return length;
    };
    for (const scope of ["one", "two", undefined]) {
      assert.deepEqual([await cached(scope), await cached(scope)], [0, 69], `${scope}`);
      assert.equal(await drafted(scope), 69, `${scope}`);
    }
    assert.equal(await drafted("three"), 0);
  });

  test("go when they take more bytes than allowed, the least recently used first", async () => {
    const [model] = pair();
    // 2 layers, keys and values, 2 heads of 16 float32 numbers, room for 128 tokens.
    const bytes = 2 * 2 * 2 * 16 * 4 * 128;
    const room = Math.floor(cacheBytes / bytes);
    const prompts = Array.from({ length: room + 3 }, (_, i) => tokensOf(100, 100 + i));
    for (const prompt of prompts) {
      const session = await model.open({ prompt });
      await session.append(prompt);
      await session.close();
      assert.ok((model.engines[0]?.keptBytes ?? 0) <= cacheBytes);
    }
    assert.equal(model.engines[0]?.keptBytes, room * bytes);
    const held = async (prompt: readonly number[] = []) => {
      const session = await model.open({ prompt });
      const { length } = session;
      return length; // left open: a closed one would be kept again
    };
    for (const gone of prompts.slice(0, 3)) assert.equal(await held(gone), 0);
    for (const kept of [prompts[3], prompts.at(-1)]) assert.equal(await held(kept), 99);
  });

  test("are not shared with a session that is open", async () => {
    const [model] = pair();
    const prompt = tokensOf(50, 31);
    const first = await model.open({ prompt });
    await first.append(prompt);
    const second = await model.open({ prompt });
    assert.equal(second.length, 0);
    await first.close();
    await second.close();
  });

  test("do without when a request is cancelled: what came before is kept", async () => {
    const [model, plain] = pair();
    const prompt = tokensOf(80, 41);
    const session = await model.open({ prompt });
    await session.append(prompt);
    const controller = new AbortController();
    const pending = session.append(tokensOf(200, 42), { signal: controller.signal });
    controller.abort();
    await assert.rejects(pending, { code: "aborted" });
    await session.close();
    const [again, fresh] = [await model.open({ prompt: [...prompt, 7] }), await plain.open()];
    assert.equal(again.length, 80);
    assert.deepEqual((await again.append([7])).logits, (await fresh.append([...prompt, 7], { rows: 1 })).logits);
    await again.close();
    await fresh.close();
  });
});
