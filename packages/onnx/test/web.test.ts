/**
 * Models by ./web, on ONNX Runtime's WebAssembly as it runs here: what it shares with Node's is tested there, and here
 * that it gives the same.
 */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { decode, type EmittedToken, modelDrafter, type Session, sampling, sd, type Token } from "@lenity/core";
import * as ort from "onnxruntime-web";
import { filesIn } from "../src/folder/disk-files.ts";
import { exportDecoder, exportDrafter, type OnnxModel } from "../src/index.ts";
import { loadModel as loadOnNode } from "../src/load-model.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { writeTokenizer } from "../src/testing/random-tokenizer.ts";
import {
  fetchedFiles,
  loadChatTemplate,
  loadModel,
  loadSampling,
  loadTokenizer,
  type ModelFiles,
  onnxDrafter,
  type WebLoadOptions,
} from "../src/web/index.ts";

ort.env.wasm.numThreads = 1;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
let files: ModelFiles;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model");
  await exportDrafter(dir);
  files = filesIn(dir);
});
after(() => folder.remove());

const load = (options: Partial<WebLoadOptions> = {}, from: ModelFiles = files) => loadModel(from, { ort, ...options });

/** The logits of one text in blocks of these lengths. */
async function inBlocks(session: Session, tokens: readonly Token[], lengths: readonly number[]): Promise<number[]> {
  const logits: number[] = [];
  for (const [i, length] of lengths.entries()) {
    const start = lengths.slice(0, i).reduce((sum, length) => sum + length, 0);
    logits.push(...(await session.append(tokens.slice(start, start + length))).logits);
  }
  return logits;
}

describe("a model in WebAssembly", () => {
  /** A form, or what `exportDecoder` writes for long contexts: "split", or "int8" with an int8 cache. */
  interface Kind {
    readonly form: Form | "split" | "int8";
    readonly family: string;
    /** Attention by single operators, whose kernels treat the last rows of a block in ways of their own. */
    readonly inexact?: true;
  }
  const kinds: Readonly<Record<string, Kind>> = {
    GroupQueryAttention: { form: { hidden: "none" }, family: "new-rows" },
    "GroupQueryAttention of float16": { form: { hidden: "none", float16: true }, family: "new-rows" },
    // Node's runtime writes into the tensors that it is given; this one does not.
    "GroupQueryAttention whose new rows cannot be had": {
      form: { hidden: "none", taken: ["present_rows"] },
      family: "concat",
    },
    "Optimum's form": { form: { hidden: "none", concat: true, norm: "unfused" }, family: "concat", inexact: true },
    "Optimum's form of float16": {
      form: { hidden: "none", concat: true, norm: "unfused", float16: true },
      family: "concat",
    },
    "sliding caches, whose sizes have names": {
      form: { hidden: "none", window: 32, sliding: true, named: "both" },
      family: "new-rows",
    },
    "key and value in one tensor": { form: { hidden: "none", combined: true }, family: "new-rows" },
    "Optimum's form with inputs of int32": {
      form: { hidden: "none", concat: true, norm: "unfused", int32: true },
      family: "concat",
      inexact: true,
    },
    "4-bit matrices": { form: { hidden: "none", weights: "4-bit" }, family: "new-rows" },
    "weights in two other files": { form: { shards: ["w.data", "w.data_1"] }, family: "new-rows" },
    "attention over a cache in two parts": { form: "split", family: "split", inexact: true },
    "attention over an int8 cache": { form: "int8", family: "split" },
  };
  for (const [name, { form, family, inexact = false }] of Object.entries(kinds)) {
    test(`scores ${name} as Node's does, ${inexact ? "and tells that not every cut is alike" : "alike in every cut"}, after rewinding too`, async () => {
      const file = "onnx/form.onnx";
      if (form === "split") await exportDecoder(dir, { file, attention: "split" });
      else if (form === "int8") await exportDecoder(dir, { file, cacheType: "int8", calibration: [tokensOf(99)] });
      else await writeForm(dir, file, small, form);
      const [model, node] = [await load({ file }), await loadOnNode(dir, { file, threads: 1 })];
      assert.deepEqual([model.graph.family, model.check.blockDifference > 0, model.check.leak], [family, inexact, 0]);
      assert.equal(model.warnings.length, inexact ? 1 : 0);
      for (const warning of model.warnings)
        assert.match(warning, /form\.onnx: tokens are scored slightly differently .* only up to that/);
      assert.deepEqual(model.hidden, node.hidden);
      const alike = (some: readonly number[], others: readonly number[], most: number) => {
        assert.equal(some.length, others.length);
        assert.ok(some.every((logit, i) => Math.abs(logit - (others[i] as number)) <= most));
      };
      const between = inexact ? 1e-4 : 0;
      const tokens = tokensOf(40);
      const session = await model.open();
      const whole = await inBlocks(session, tokens, [40]);
      session.rewind(0);
      alike(await inBlocks(session, tokens, [1, 17, 2, 1, 19]), whole, between);
      session.rewind(11);
      alike(await inBlocks(session, tokens.slice(11), [29]), whole.slice(11 * small.vocabulary), between);
      // Outputs of float16 are rounded, by 0.016 where logits are 20.
      const rounding = typeof form === "object" && form.float16 === true ? 0.04 : 1e-3;
      alike(await inBlocks(await node.open(), tokens, [40]), whole, rounding);
      await Promise.all([model.close(), node.close()]);
    });
  }

  test("gives the hidden states of a layer and of a draft as Node's does", async () => {
    const hidden = ["layer-1", "layer-5"] as const;
    const [model, node] = [await load({ hidden }), await loadOnNode(dir, { hidden, threads: 1 })];
    assert.deepEqual([model.hidden, model.graph.missing], [node.hidden, node.graph.missing]);
    assert.match(model.warnings.join(), /policies that read layer-5 hidden states will be refused/);
    const uniform = Array.from({ length: 6 }, () => 0);
    for (const kind of ["layer-1", "layer-1-norm", "post-norm"] as const) {
      const read = async (from: OnnxModel) => {
        const session = await from.open();
        const { hidden: states } = await session.append(tokensOf(20), { hidden: kind });
        const drafted = await session.draft({ context: [1, 2], limit: 6, sampling: sampling(), uniform, hidden: kind });
        await session.close();
        return [...(states ?? []), ...(drafted.hidden ?? [])];
      };
      const [found, expected] = [await read(model), await read(node)];
      assert.ok(expected.length >= 21 * small.width);
      assert.equal(found.length, expected.length);
      assert.ok(
        found.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-4),
        kind,
      );
    }
    await assert.rejects(load({ hidden: ["layer-0"] }), {
      name: "RangeError",
      message: /^hidden names layer-0; expected/,
    });
    await Promise.all([model.close(), node.close()]);
  });

  test("drafts by its drafter file as by steps, and decodes strictly as it decodes plainly", async () => {
    const target = await load({ drafter: false });
    const draft = await load({ draftsFor: target });
    assert.equal(draft.graph.drafter, join(dir, "onnx/model.drafter.onnx"));
    const decoded = async (options: Partial<Parameters<typeof decode>[1]>): Promise<EmittedToken[]> => {
      const tokens: EmittedToken[] = [];
      const settings = { target, verifier: sd(), maxTokens: 60, sampling: { temperature: 0.7 }, seed: 3, trace: true };
      for await (const event of decode(tokensOf(5), { ...settings, ...options }))
        if (event.type === "round") tokens.push(...event.tokens);
      return tokens;
    };
    assert.deepEqual(await decoded({ drafter: onnxDrafter(draft) }), await decoded({ drafter: modelDrafter(draft) }));
    const ids = (tokens: readonly EmittedToken[]) => tokens.map(({ token }) => token);
    const greedy = { sampling: { temperature: 0 } };
    assert.deepEqual(
      ids(await decoded({ ...greedy, drafter: onnxDrafter(draft) })),
      ids(await decoded({ ...greedy, draftTokens: 0 })),
    );
    await Promise.all([target.close(), draft.close()]);
  });

  test("keeps caches of closed sessions for prompts that begin alike", async () => {
    const model = await load({ drafter: false });
    const tokens = tokensOf(60);
    const first = await model.open({ prompt: tokens });
    const { logits } = await first.append(tokens, { rows: 1 });
    await first.close();
    const [engine] = model.engines;
    assert.ok(engine?.state === "ready" && engine.keptBytes > 0 && engine.sessions === 0);
    const second = await model.open({ prompt: tokens });
    assert.equal(second.length, 59);
    assert.deepEqual((await second.append(tokens.slice(59))).logits, logits);
    await model.close();
  });

  test("hears of a signal between the runs of a long prompt, and goes on from where it was", async () => {
    const model = await load({ drafter: false });
    const session = await model.open();
    const stop = new AbortController();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      stop.abort();
      port1.close();
    };
    port2.postMessage("A page's button, say.");
    const runs = session.append(tokensOf(290), { signal: stop.signal });
    await assert.rejects(runs, { code: "aborted" });
    assert.equal(session.length, 0);
    assert.equal((await session.append(tokensOf(3))).rows, 3);
    await model.close();
  });

  test("works where memory cannot be shared, as in pages that are not isolated", async () => {
    const Shared = globalThis.SharedArrayBuffer;
    Object.defineProperty(globalThis, "SharedArrayBuffer", { value: undefined, configurable: true, writable: true });
    try {
      const model = await load({ drafter: false });
      const session = await model.open();
      const stop = new AbortController();
      assert.equal((await session.append(tokensOf(3), { signal: stop.signal })).rows, 3);
      const runs = session.append(tokensOf(200), { signal: stop.signal });
      stop.abort();
      await assert.rejects(runs, { code: "aborted" });
      await model.close();
    } finally {
      globalThis.SharedArrayBuffer = Shared;
    }
  });

  test("takes nothing more once it is closed, and may be closed again", async () => {
    const model = await load({ drafter: false });
    const session = await model.open();
    const waiting = assert.rejects(session.append(tokensOf(3)), { code: "worker_lost" });
    await model.close();
    await waiting;
    await model.close();
    assert.equal(model.engines[0]?.state, "closed");
    await assert.rejects(session.append([1]), { code: "worker_lost", message: "model was closed." });
    await assert.rejects(model.open(), { code: "worker_lost", message: "model was closed." });
  });
});

test("a folder with genai_config.json alone is loaded by the file that it names", async () => {
  const model = {
    vocab_size: small.vocabulary,
    context_length: 100,
    eos_token_id: 5,
    decoder: { filename: "decoder.onnx" },
  };
  const genai: ModelFiles = {
    ...files,
    async read(path) {
      if (path === "genai_config.json") return new TextEncoder().encode(JSON.stringify({ model }));
      if (path === "decoder.onnx") return files.read("onnx/model.onnx");
      return undefined;
    },
  };
  const loaded = await load({}, genai);
  assert.deepEqual([loaded.source, loaded.contextLength, loaded.eos], [files.nameOf("decoder.onnx"), 100, [5]]);
  await loaded.close();
  const short = await load({ contextLength: 40 }, genai);
  assert.equal(short.contextLength, 40);
  await short.close();
});

describe("what cannot be loaded", () => {
  const without = (path: string): ModelFiles => ({
    ...files,
    read: async (asked) => (asked === path ? undefined : files.read(asked)),
  });
  const broken = (path: string): ModelFiles => ({
    ...files,
    read: async (asked) => {
      if (asked === path) throw new TypeError("The line is cut.");
      return files.read(asked);
    },
  });
  const instead = (path: string, content: string): ModelFiles => ({
    ...files,
    read: async (asked) => (asked === path ? new TextEncoder().encode(content) : files.read(asked)),
  });

  test("is told by name: a missing model, a pointer in its place, a file that is cut off, weights that are missing or too short", async () => {
    await writeForm(dir, "onnx/form.onnx", small, { shards: ["w.data", "w.data_1"] });
    await writeForm(dir, "onnx/sliding.onnx", small, { window: 32, sliding: true, taken: ["present_rows"] });
    const whole = await readFile(join(dir, "onnx/model.onnx"));
    const cut: ModelFiles = {
      ...files,
      read: async (path) => (path.endsWith(".onnx") ? whole.subarray(0, 999).slice() : files.read(path)),
    };
    const wrong: readonly (readonly [ModelFiles, Partial<WebLoadOptions>, RegExp])[] = [
      [without("config.json"), {}, /config\.json is missing/],
      [broken("onnx/model.onnx"), {}, /model\.onnx is not readable: The line is cut\. Load/],
      [files, { dtype: "q4" }, /model_q4\.onnx is missing\. Name/],
      [files, { file: "other.onnx" }, /other\.onnx is missing\. Name/],
      [instead("onnx/model.onnx", "version https://git-lfs.github.com/spec/v1\n"), {}, /is a Git LFS pointer/],
      [instead("onnx/model.onnx", "<!doctype html>"), {}, /\(15 bytes\) is cut off or not an ONNX file/],
      [cut, {}, /\(999 bytes\) is cut off/],
      [without("onnx/w.data_1"), { file: "onnx/form.onnx" }, /stores weights in .*w\.data_1, which is missing/],
      [instead("onnx/w.data", "short"), { file: "onnx/form.onnx" }, /w\.data, which has 5 bytes; expected \d+ or more/],
      [
        files,
        { file: "onnx/sliding.onnx" },
        /sliding caches \(sliding_window_cache\), which are not supported here\. .*windowed_kv_cache=false/,
      ],
      [instead("onnx/model.drafter.onnx", "<!doctype html>"), {}, /drafter\.onnx \(15 bytes\) is cut off/],
    ];
    for (const [from, options, message] of wrong)
      await assert.rejects(load(options, from), { code: "model_files", message });
    const [model] = [await load({}, without("onnx/model.drafter.onnx"))];
    assert.equal(model.graph.drafter, undefined);
    await model.close();
  });

  test("leaves nothing of it in the runtime's memory", async () => {
    let open = 0;
    const InferenceSession = {
      create: async (...args: Parameters<typeof ort.InferenceSession.create>) => {
        const session = await ort.InferenceSession.create(...args);
        open++;
        const release = session.release.bind(session);
        session.release = async () => {
          open--;
          await release();
        };
        return session;
      },
    } as typeof ort.InferenceSession;
    const counting = { ort: { ...ort, InferenceSession } };
    const other = await writeModel(folder.path, "other", { ...small, vocabulary: 60 });
    const config = await readFile(join(other, "config.json"), "utf8");
    await assert.rejects(load(counting, instead("config.json", config)), {
      code: "model_files",
      message: /logits for 50 tokens/,
    });
    assert.equal(open, 0);
    const model = await load(counting);
    assert.equal(open, 2);
    await model.close();
    assert.equal(open, 0);
  });

  test("is refused before anything is fetched when the options are wrong", async () => {
    const none: ModelFiles = { ...files, read: () => assert.fail("Nothing is to be read.") };
    const provider = "cuda" as "wasm";
    await assert.rejects(load({ provider }, none), {
      name: "RangeError",
      message: "provider is cuda; expected one of wasm, webgpu, auto.",
    });
    await assert.rejects(load({ cacheBytes: -1 }, none), { name: "RangeError", message: /cacheBytes is -1/ });
    await assert.rejects(load({ dtype: "fp7" as "fp16" }, none), {
      name: "RangeError",
      message: /dtype is fp7; expected one of fp32, /,
    });
    await assert.rejects(load({ dtype: "q4", file: "x.onnx" }, none), { name: "TypeError", message: /Both file/ });
  });
});

describe("fetchedFiles", () => {
  /** A web of these answers by path. */
  const web = (answers: Readonly<Record<string, () => Response>>) => {
    const asked: string[] = [];
    const fetch = async ({ href }: URL) => {
      asked.push(href);
      return answers[href]?.() ?? new Response("none", { status: 404 });
    };
    return { asked, fetch };
  };

  test("asks below the folder's URL, with or without a slash at its end, and takes 404 for a file that is not there", async () => {
    const { asked, fetch } = web({ "https://example.org/a%20b/x/config.json": () => new Response("{}") });
    for (const folder of ["https://example.org/a b/x", new URL("https://example.org/a%20b/x/")]) {
      const found = fetchedFiles(folder, { fetch });
      assert.equal(found.place, "https://example.org/a%20b/x/");
      assert.equal(new TextDecoder().decode(await found.read("config.json")), "{}");
      assert.equal(await found.read("onnx/model.onnx"), undefined);
    }
    assert.equal(asked[1], "https://example.org/a%20b/x/onnx/model.onnx");
  });

  test("asks for nothing that a list of paths leaves out", async () => {
    const { asked, fetch } = web({});
    const found = fetchedFiles("https://example.org/", { fetch, paths: ["config.json"] });
    assert.equal(await found.read("chat_template.jinja"), undefined);
    assert.deepEqual(asked, []);
  });

  test("tells how much has come, and how much there is where that is known", async () => {
    const pieces = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (let piece = 1; piece <= 3; piece++) controller.enqueue(new Uint8Array(50_000).fill(piece));
          controller.close();
        },
      });
    const { fetch } = web({
      "https://example.org/known": () => new Response(pieces(), { headers: { "content-length": "150000" } }),
      "https://example.org/packed": () =>
        new Response(pieces(), { headers: { "content-length": "9", "content-encoding": "gzip" } }),
    });
    const seen: unknown[] = [];
    const found = fetchedFiles("https://example.org/", { fetch, onProgress: (...progress) => seen.push(progress) });
    const expected = Uint8Array.from({ length: 150_000 }, (_, i) => 1 + Math.floor(i / 50_000));
    assert.deepEqual(await found.read("known"), expected);
    assert.deepEqual(await found.read("packed"), expected);
    assert.deepEqual(
      seen,
      ["known", "packed"].flatMap((path) =>
        [50_000, 100_000, 150_000].map((come) => [path, come, path === "known" ? 150_000 : undefined]),
      ),
    );
  });

  test("makes other answers errors that name the file and the reason", async () => {
    const { fetch } = web({ "https://example.org/config.json": () => new Response("", { status: 503 }) });
    const from = fetchedFiles("https://example.org/", { fetch });
    await assert.rejects(load({}, from), (error: Error & { code?: string }) => {
      assert.equal(error.code, "model_files");
      assert.match(error.message, /^https:\/\/example\.org\/config\.json is not readable: .*status 503/);
      return true;
    });
    assert.throws(() => fetchedFiles("models/target"), { code: "model_files", message: /models\/target is not a URL/ });
  });

  test("gives tokenizer, template and sampling as a folder does", async () => {
    const other = await writeModel(folder.path, "parts");
    await writeTokenizer(other);
    await writeFile(join(other, "chat_template.jinja"), "{{ messages[0].content }}");
    await writeFile(join(other, "generation_config.json"), JSON.stringify({ do_sample: true, temperature: 0.5 }));
    const fetch = async ({ pathname }: URL) => new Response(await readFile(join(other, pathname)));
    const paths = ["config.json", "tokenizer.json", "chat_template.jinja", "generation_config.json"];
    const from = fetchedFiles("https://example.org/", { fetch, paths });
    assert.deepEqual((await loadTokenizer(from)).encode("abc"), (await loadTokenizer(filesIn(other))).encode("abc"));
    const template = await loadChatTemplate(from);
    assert.deepEqual(
      [template?.template, template?.file],
      ["{{ messages[0].content }}", "https://example.org/chat_template.jinja"],
    );
    assert.equal((await loadSampling(from)).temperature, 0.5);
    await rm(other, { recursive: true });
  });
});
