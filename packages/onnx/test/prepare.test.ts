/** A drafter that runs the prompt while the target does. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Drafter, type DraftRequest, decode, defaultRegistry, sampling, type Token } from "@lenity/core";
import { exportDrafter, loadModel, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let target: OnnxModel;
/** With and without a drafter file; they keep no caches. */
let [calling, stepping]: OnnxModel[] = [];

before(async () => {
  folder = await temporaryFolder();
  target = await loadModel(await writeModel(folder.path, "model"), { threads: 1, cacheBytes: 0 });
  const dir = await writeModel(folder.path, "draft", { ...small, layers: 1 });
  await exportDrafter(dir);
  calling = await loadModel(dir, { threads: 1, cacheBytes: 0 });
  stepping = await loadModel(dir, { threads: 1, cacheBytes: 0, drafter: false });
});
after(async () => {
  await Promise.all([target, calling, stepping].map((model) => model?.close()));
  await folder.remove();
});

const request = (context: readonly Token[], more: Partial<DraftRequest> = {}): DraftRequest => ({
  ...{ context, limit: 5, sampling: sampling({ temperature: 3 }), uniform: [0.1, 0.7, 0.4, 0.9, 0.3], ...more },
});
async function drafted(drafter: Drafter, asked: DraftRequest) {
  const { tokens, evidence } = await drafter.propose(asked);
  return { tokens, logits: tokens.map((_, at) => evidence?.logits(at)) };
}

for (const kind of ["calling", "stepping"] as const) {
  describe(`a drafter that has prepared (${kind})`, () => {
    const model = () => ({ calling, stepping })[kind] as OnnxModel;
    const shaping = { vocabulary: small.vocabulary, shape: () => true, forced: () => [] };

    test("drafts, to the bit, what it drafts without that, shaped or not", async () => {
      for (const length of [1, 2, 33, 129, 200]) {
        for (const more of [{}, { shaping }]) {
          const prompt = tokensOf(length, length);
          const asked = request([...prompt, 7], more);
          const [prepared, unprepared] = [
            onnxDrafter(model(), { beside: true }),
            onnxDrafter(model(), { beside: true }),
          ];
          prepared.prepare?.({ context: prompt, ...more });
          assert.deepEqual(await drafted(prepared, asked), await drafted(unprepared, asked), `${length} tokens`);
          await Promise.all([prepared.close(), unprepared.close()]);
        }
      }
    });

    test("is closed while it prepares, and leaves nothing open", async () => {
      const drafter = onnxDrafter(model(), { beside: true });
      drafter.prepare?.({ context: tokensOf(250, 2) });
      await drafter.close();
      assert.equal(model().engines[0]?.sessions, 0);
    });

    test("refuses the draft of a request that was cancelled meanwhile, and drafts the next one's", async () => {
      const abort = new AbortController();
      const drafter = onnxDrafter(model(), { beside: true });
      drafter.prepare?.({ context: tokensOf(200, 3), signal: abort.signal });
      abort.abort();
      await assert.rejects(drafter.propose(request([...tokensOf(200, 3), 7], { signal: abort.signal })), {
        code: "aborted",
      });
      const fresh = onnxDrafter(model(), { beside: true });
      const asked = request([...tokensOf(200, 3), 7]);
      assert.deepEqual(await drafted(drafter, asked), await drafted(fresh, asked));
      await Promise.all([drafter.close(), fresh.close()]);
    });

    test("drafts nothing for a context that it cannot hold", async () => {
      const drafter = onnxDrafter(model(), { beside: true });
      drafter.prepare?.({ context: tokensOf(small.context + 5, 3) });
      assert.deepEqual((await drafter.propose(request(tokensOf(small.context + 6, 3)))).tokens, []);
      await drafter.close();
    });
  });
}

test("strict verification with a drafter that prepares gives plain text, at every length of prompt and answer", async () => {
  const registry = defaultRegistry();
  const textOf = async (prompt: Token[], maxTokens: number, drafter?: Drafter) => {
    const tokens: Token[] = [];
    const options = { target, drafter, verifier: registry.create("strict"), draftTokens: 4, maxTokens };
    for await (const event of decode(prompt, { ...options, blockExact: true }))
      if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
    return tokens;
  };
  for (const length of [1, 2, 33, 128, 129, 130, 257]) {
    for (const most of [1, 2, 3, 20]) {
      const prompt = tokensOf(length, 60 + length);
      const plain = await textOf(prompt, most);
      assert.deepEqual(await textOf(prompt, most, onnxDrafter(calling as OnnxModel, { beside: true })), plain);
      assert.deepEqual(await textOf(prompt, most, onnxDrafter(stepping as OnnxModel)), plain);
    }
  }
});
