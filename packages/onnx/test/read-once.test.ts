import assert from "node:assert/strict";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as ort from "onnxruntime-web/wasm";
import { filesIn } from "../src/folder/disk-files.ts";
import type { ModelFiles } from "../src/folder/model-files.ts";
import { type ModelFolder, modelFolder } from "../src/folder/model-folder.ts";
import { inspectModel, loadChatTemplate, loadModel, loadPair, loadSampling, loadTokenizer } from "../src/index.ts";
import { small, temporaryFolder, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";
import * as web from "../src/web/index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;

before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model", { ...small, vocabulary: 300 });
  await writeTokenizer(dir, { chat_template: "{{ messages[0].content }}", eos_token: "<|end|>" });
  await writeFile(
    join(dir, "generation_config.json"),
    JSON.stringify({ do_sample: true, temperature: 0.5, eos_token_id: 0 }),
  );
});
after(() => folder.remove());

/** The files, and how often each was read; the folder's list counts as one more. */
function counted(files: ModelFiles): { readonly files: ModelFiles; readonly reads: Map<string, number> } {
  const reads = new Map<string, number>();
  const count = (path: string) => void reads.set(path, (reads.get(path) ?? 0) + 1);
  return {
    reads,
    files: {
      ...files,
      read(path) {
        count(path);
        return files.read(path);
      },
      async list() {
        count("the list");
        return (await files.list?.()) ?? [];
      },
    },
  };
}

describe("an opened folder", () => {
  const cases: readonly (readonly [string, (folder: ModelFolder) => Promise<unknown>])[] = [
    ["by loadModel", async (folder) => (await loadModel(folder, { threads: 1 })).close()],
    ["by inspectModel", (folder) => inspectModel(folder, { threads: 1 })],
    ["by loadPair", async (folder) => (await loadPair(folder, folder)).close()],
    [
      "by all that a server loads of it at once",
      async (folder) => {
        await Promise.all([loadTokenizer(folder), loadChatTemplate(folder), loadSampling(folder)]);
        await (await loadModel(folder, { threads: 1 })).close();
      },
    ],
    [
      "by all that a page loads of it",
      async (folder) => {
        await Promise.all([web.loadTokenizer(folder), web.loadChatTemplate(folder), web.loadSampling(folder)]);
        await (await web.loadModel(folder, { ort })).close();
      },
    ],
  ];
  for (const [title, load] of cases) {
    test(`is read once, file by file, ${title}`, async () => {
      const { files, reads } = counted(filesIn(dir));
      await load(modelFolder(files));
      assert.equal(reads.get("config.json"), 1);
      assert.equal(reads.get("tokenizer.json"), 1);
      assert.deepEqual(
        [...reads].filter(([, times]) => times > 1),
        [],
      );
    });
  }

  test("parses tokenizer.json once for a model and its tokenizer", async () => {
    const open = modelFolder(filesIn(dir));
    const model = await loadModel(open, { threads: 1 });
    await loadTokenizer(open);
    assert.equal(model.tokens, await open.tokens());
    await model.close();
  });

  test("is what it was when it was read: another load of its path sees what has changed since", async () => {
    const copy = join(folder.path, "copy");
    await cp(dir, copy, { recursive: true });
    const open = modelFolder(filesIn(copy));
    assert.equal((await loadSampling(open)).temperature, 0.5);
    await writeFile(join(copy, "generation_config.json"), JSON.stringify({ do_sample: true, temperature: 0.7 }));
    assert.equal((await loadSampling(open)).temperature, 0.5);
    assert.equal((await loadSampling(copy)).temperature, 0.7);
  });
});
