/** What real folders say of their models, and models that go wrong. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type DecodeOptions, decode, defaultRegistry, LenityError, modelDrafter, type Token } from "@lenity/core";
import { exportDecoder, loadModel, loadSampling, type OnnxModel, onnxDrafter } from "../src/index.ts";
import { writeForm } from "../src/testing/graph-forms.ts";
import {
  configOf,
  randomWeights,
  safetensors,
  small,
  temporaryFolder,
  tokensOf,
  writeModel,
} from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let whole: string;
before(async () => {
  folder = await temporaryFolder();
  whole = await writeModel(folder.path, "whole");
});
after(() => folder.remove());

let copies = 0;
/** A copy of the whole folder with these files written into it. */
async function copyWith(files: Readonly<Record<string, unknown>>): Promise<string> {
  const dir = join(folder.path, `copy-${copies++}`);
  await cp(whole, dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return dir;
}

async function using<T>(dir: string, use: (model: OnnxModel) => Promise<T> | T): Promise<T> {
  const model = await loadModel(dir, { threads: 1 });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

interface Said {
  readonly tokens: Token[];
  readonly reason: "stop" | "length";
}
async function said(prompt: readonly Token[], options: DecodeOptions): Promise<Said> {
  const tokens: Token[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options })) {
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
    else return { tokens, reason: event.reason };
  }
  throw new Error("decode() ended without a finish event.");
}

describe("config.json", () => {
  const { vocab_size, max_position_embeddings, eos_token_id, ...rest } = configOf(small);

  test("may keep its sizes in text_config, or under the names of GPT-2 and MPT", async () => {
    for (const config of [
      { ...rest, text_config: { vocab_size, max_position_embeddings, eos_token_id: 9 } },
      { ...rest, vocab_size, text_config: { max_position_embeddings, eos_token_id: 9 } },
      { ...rest, vocab_size, n_positions: max_position_embeddings, eos_token_id: [9] },
      { ...rest, vocab_size, max_seq_len: max_position_embeddings, max_position_embeddings: null, eos_token_id: 9 },
    ]) {
      const facts = await using(await copyWith({ "config.json": config }), ({ width, contextLength, eos }) => [
        width,
        contextLength,
        eos,
      ]);
      assert.deepEqual(facts, [small.vocabulary, small.context, [9]]);
    }
  });

  test("is refused when it has no vocabulary, or sizes that are no whole numbers", async () => {
    for (const [config, seen] of [
      [{ ...rest, max_position_embeddings, text_config: {} }, /has no vocab_size; expected a whole number/],
      [{ ...rest, vocab_size, max_position_embeddings: "300" }, /max_position_embeddings "300"/],
      [{ ...rest, vocab_size, max_position_embeddings: 1.5 }, /max_position_embeddings 1\.5/],
    ] as const) {
      await assert.rejects(loadModel(await copyWith({ "config.json": config })), {
        code: "model_files",
        message: seen,
      });
    }
  });

  test("may name no context: then other files do, or a length is assumed, of which a note tells", async () => {
    const found = async (config: object, tokenizer?: object, contextLength?: number) => {
      const dir = await copyWith({
        "config.json": { ...rest, vocab_size, ...config },
        ...(tokenizer === undefined ? {} : { "tokenizer_config.json": tokenizer }),
      });
      const model = await loadModel(dir, { threads: 1, contextLength });
      await model.close();
      return [model.contextLength, ...model.notes];
    };
    assert.deepEqual(await found({ seq_length: 70 }, { model_max_length: 60 }), [60]);
    assert.deepEqual(await found({ seq_length: 70, max_position_embeddings: 50 }, { model_max_length: 60 }), [50]);
    // What tokenizers say where they know no limit.
    for (const tokenizer of [{ model_max_length: 1e30 }, { model_max_length: null }, {}, undefined]) {
      assert.deepEqual(await found({ seq_length: 70 }, tokenizer), [70]);
    }
    const [assumed, note, ...more] = await found({ text_config: [] });
    assert.deepEqual([assumed, more], [2048, []]);
    assert.match(
      String(note),
      /^no file in .* gives the context length: 2048 tokens are assumed; .*--context \(contextLength\)$/,
    );
    // Models that name no limit of their own hold what is asked for.
    assert.deepEqual(await found({}, undefined, 5000), [5000]);
    assert.deepEqual(await found({ seq_length: 70 }, { model_max_length: 60 }, 80), [80]);
    assert.deepEqual(await found({ max_position_embeddings: 50 }, undefined, 20), [20]);
    await assert.rejects(found({ max_position_embeddings: 50 }, undefined, 51), {
      code: "invalid_request",
      path: "contextLength",
      message: /context of 51 tokens was requested, but the model's limit is 50 \(.*config\.json\)/,
    });
    for (const length of [1, 2.5, Number.NaN]) await assert.rejects(found({}, undefined, length), RangeError);
  });

  test("may name no context of a draft: it holds what its target does", async () => {
    const dir = await copyWith({ "config.json": { ...rest, vocab_size } });
    await using(whole, async (target) => {
      const draft = await loadModel(dir, { threads: 1, draftsFor: target });
      await draft.close();
      assert.equal(draft.contextLength, target.contextLength);
    });
  });

  test("may promise a context that no memory holds: nothing is allocated for it", async () => {
    const dir = await copyWith({ "config.json": { ...configOf(small), max_position_embeddings: 1e15 } });
    await using(dir, async (model) => {
      const options = { target: model, draftTokens: 5, maxTokens: 20 };
      const expected = await using(whole, (same) => said([1, 2], { ...options, target: same }));
      for (const drafter of [undefined, modelDrafter(model), onnxDrafter(model)]) {
        assert.deepEqual(await said([1, 2], { ...options, drafter }), expected);
      }
    });
  });
});

describe("a folder as onnxruntime-genai's builder writes it, with genai_config.json in place of other files,", () => {
  const model = {
    bos_token_id: 1,
    context_length: small.context,
    decoder: { filename: "model.onnx", head_size: small.headSize, inputs: { input_ids: "input_ids" } },
    eos_token_id: [5, 7],
    type: "llama",
    vocab_size: small.vocabulary,
  };
  const search = { do_sample: true, temperature: 0.6, top_k: 50, top_p: 0.9, max_length: 131072, num_beams: 1 };
  /** The model file and its data in the folder itself. */
  async function genai(config: unknown, file = "model.onnx"): Promise<string> {
    const dir = join(folder.path, `genai-${copies++}`);
    await cp(whole, dir, { recursive: true });
    await writeForm(dir, file, small, { hidden: "genai", shards: [`${file}.data`] });
    for (const name of ["config.json", "generation_config.json", "model.safetensors", "onnx"])
      await rm(join(dir, name), { recursive: true, force: true });
    await writeFile(join(dir, "genai_config.json"), JSON.stringify(config));
    return dir;
  }

  test("is loaded, decodes strictly as plainly, and samples as it says", async () => {
    const dir = await genai({ model, search });
    await using(dir, async (loaded) => {
      const { width, contextLength, eos, hidden } = loaded;
      assert.deepEqual(
        [width, contextLength, eos, hidden],
        [small.vocabulary, small.context, [5, 7], { "pre-norm": small.width, "post-norm": small.width }],
      );
      const options = { target: loaded, draftTokens: 5, maxTokens: 20 };
      assert.deepEqual(await said([1, 2], { ...options, drafter: onnxDrafter(loaded) }), await said([1, 2], options));
    });
    assert.deepEqual(await loadSampling(dir), { temperature: 0.6, topK: 50, topP: 0.9, minP: 0 });
    assert.deepEqual(await loadSampling(await genai({ model, search: { ...search, do_sample: false } })), {
      temperature: 0,
    });
  });

  test("may name its model file, among others", async () => {
    const dir = await genai({ model: { ...model, decoder: { filename: "decoder_q4.onnx" } } }, "decoder_q4.onnx");
    await writeFile(join(dir, "embedding_q4.onnx"), "");
    const load = async () => {
      const loaded = await loadModel(dir, { threads: 1 });
      await loaded.close();
      return [loaded.source, loaded.notes];
    };
    assert.deepEqual(await load(), [join(dir, "decoder_q4.onnx"), []]);
    // Alone, and beside a file with a usual name.
    await rm(join(dir, "embedding_q4.onnx"));
    assert.deepEqual(await load(), [join(dir, "decoder_q4.onnx"), []]);
    await writeFile(join(dir, "model.onnx"), "");
    assert.deepEqual(await load(), [join(dir, "decoder_q4.onnx"), []]);
    await rm(join(dir, "genai_config.json"));
    await assert.rejects(loadModel(dir), {
      code: "model_files",
      message: /config\.json is missing\. Expected the config\.json .*or a genai_config\.json/,
    });
  });

  test("gives way to config.json and generation_config.json", async () => {
    const dir = await copyWith({ "genai_config.json": { model: { ...model, context_length: 20 }, search } });
    await using(dir, ({ contextLength, eos }) => assert.deepEqual([contextLength, eos], [small.context, [5, 7]]));
    await writeFile(join(dir, "generation_config.json"), JSON.stringify({ eos_token_id: 9 }));
    await using(dir, ({ eos }) => assert.deepEqual(eos, [9]));
    assert.deepEqual(await loadSampling(dir), { temperature: 0 });
  });

  test("is refused where it lacks a size or is none", async () => {
    for (const [config, seen] of [
      [{ model: { ...model, vocab_size: undefined } }, /genai_config\.json has no vocab_size; expected a whole number/],
      [{ model: { ...model, context_length: "long" } }, /genai_config\.json has context_length "long"/],
      [{}, /genai_config\.json has no vocab_size/],
      [[], /genai_config\.json does not contain a JSON object/],
    ] as const) {
      await assert.rejects(loadModel(await genai(config)), { code: "model_files", message: seen });
    }
  });
});

describe("the tokens that end an answer", () => {
  const eosOf = (config: unknown, generation?: unknown) =>
    copyWith({
      "config.json": { ...configOf(small), eos_token_id: config },
      ...(generation === undefined ? {} : { "generation_config.json": { eos_token_id: generation } }),
    }).then((dir) => using(dir, ({ eos }) => eos));

  test("come from generation_config.json, else config.json, one or several; or there are none", async () => {
    assert.deepEqual(await eosOf(3, [5, 7]), [5, 7]);
    assert.deepEqual(await eosOf([3, 4], null), [3, 4]);
    assert.deepEqual(await eosOf([3, 4]), [3, 4]);
    assert.deepEqual(await eosOf(undefined, undefined), []);
    assert.deepEqual(await eosOf(null, []), []);
  });

  test("are refused where the model does not have them", async () => {
    for (const [config, generation, seen] of [
      [50, undefined, /ends answers at token 50 .*the model's ids are 0 to 49/],
      [1, [2, 1000], /token 1000/],
      [-1, undefined, /token -1/],
      [1.5, undefined, /token 1\.5/],
      ["</s>", undefined, /token "<\/s>"/],
    ] as const) {
      await assert.rejects(eosOf(config, generation), { code: "model_files", message: seen });
    }
  });

  test("end an answer, whichever of them comes, plainly and in a drafted block", async () => {
    const endless = await using(
      await copyWith({ "config.json": { ...configOf(small), eos_token_id: null } }),
      (model) => said([4, 8], { target: model, maxTokens: 40, sampling: { temperature: 2 }, seed: 5 }),
    );
    assert.equal(endless.reason, "length");
    for (const eos of [endless.tokens[3], endless.tokens[11], endless.tokens[25]] as Token[]) {
      const dir = await copyWith({ "generation_config.json": { eos_token_id: [eos, 0] } });
      await using(dir, async (model) => {
        const options = { target: model, maxTokens: 40, sampling: { temperature: 2 }, seed: 5 };
        const plain = await said([4, 8], options);
        const end = endless.tokens.findIndex((token) => token === eos || token === 0);
        assert.deepEqual(plain, { tokens: endless.tokens.slice(0, end + 1), reason: "stop" });
        for (const draftTokens of [1, 4, 9]) {
          const greedy = { target: model, maxTokens: 40 };
          const drafted = await said([4, 8], { ...greedy, drafter: onnxDrafter(model), draftTokens });
          assert.deepEqual(drafted, await said([4, 8], greedy));
        }
      });
    }
  });
});

describe("loadSampling", () => {
  const read = async (config: unknown) =>
    loadSampling(await copyWith(config === undefined ? {} : { "generation_config.json": config as object }));

  test("is greedy unless sampling is asked for", async () => {
    for (const config of [undefined, {}, { do_sample: false, temperature: 0.7 }, { temperature: 0.7 }]) {
      assert.deepEqual(await read(config), { temperature: 0 });
    }
    assert.deepEqual(await read({ do_sample: true, temperature: 0.6, top_k: 20, top_p: 0.9, min_p: 0.05 }), {
      temperature: 0.6,
      topK: 20,
      topP: 0.9,
      minP: 0.05,
    });
    assert.deepEqual(await read({ do_sample: true, top_k: null }), { temperature: 1, topK: 0, topP: 1, minP: 0 });
  });

  test("refuses a file that is broken, or a setting out of its range", async () => {
    await assert.rejects(read("{"), {
      code: "model_files",
      message: /generation_config\.json is not JSON: .*Fix or remove it/,
    });
    await assert.rejects(read("[]"), {
      code: "model_files",
      message: /generation_config\.json does not contain a JSON object/,
    });
    for (const [setting, seen] of [
      [{ temperature: -1 }, /generation_config\.json: temperature is -1; expected .*Fix or remove it/],
      [{ temperature: "hot" }, /temperature is NaN/],
      [{ top_p: 0 }, /topP is 0/],
      [{ top_k: 0.5 }, /topK is 0\.5/],
      [{ min_p: 2 }, /minP is 2/],
    ] as const) {
      await assert.rejects(read({ do_sample: true, ...setting }), { code: "model_files", message: seen });
    }
  });
});

describe("logits of NaN", () => {
  /** None of those that loading looks at. */
  const sick = 47;
  let dir: string;
  before(async () => {
    dir = join(folder.path, "sick");
    await mkdir(dir);
    const weights = randomWeights({ ...small, tied: false });
    weights.get("model.embed_tokens.weight")?.values.fill(Number.NaN, sick * small.width, (sick + 1) * small.width);
    await writeFile(join(dir, "config.json"), JSON.stringify(configOf({ ...small, tied: false })));
    await writeFile(join(dir, "model.safetensors"), safetensors(weights, "F32"));
    await exportDecoder(dir, { weights: "float32" });
  });

  test("in the middle of an answer name the model, its file and a remedy, in the target and in the draft", async () => {
    const message =
      /^The model sick \(.*sick\/onnx\/model\.onnx\) returned logits with NaN; .*Use another variant of it, such as fp32/;
    await using(dir, (model) =>
      using(whole, async (sound) => {
        for (const temperature of [0, 1]) {
          const settings = { sampling: { temperature } };
          await assert.rejects(said([1, sick, 2], { target: model, ...settings }), {
            code: "bad_logits",
            kind: "not_numbers",
            model: "sick",
            message,
          });
          for (const drafter of [onnxDrafter(model), modelDrafter(model)]) {
            await assert.rejects(said([1, sick, 2], { target: sound, drafter, ...settings }), {
              code: "bad_logits",
              message,
            });
          }
          assert.ok((await said([1, 2], { target: sound, ...settings, maxTokens: 5 })).tokens.length > 0);
        }
      }),
    );
  });

  test("at loading refuse the file, and say what to do", async () => {
    const all = join(folder.path, "all-sick");
    await cp(dir, all, { recursive: true });
    const weights = randomWeights({ ...small, tied: false });
    weights.get("model.norm.weight")?.values.fill(Number.NaN);
    await writeFile(join(all, "model.safetensors"), safetensors(weights, "F32"));
    await exportDecoder(all, { weights: "float32" });
    await assert.rejects(loadModel(all, { threads: 1 }), (error: unknown) => {
      assert.ok(error instanceof LenityError && error.code === "model_files");
      assert.match(
        error.message,
        /all-sick\/onnx\/model\.onnx fails on its first tokens: .*logits with NaN.*such as fp32 instead of fp16 or q4\.$/,
      );
      return true;
    });
  });
});

describe("where the context ends", () => {
  const shape = { ...small, context: 24, layers: 1 };
  const registry = defaultRegistry();

  test("an answer ends with `length`, at every offset of a block, and nothing is lost", async () => {
    const dir = await writeModel(folder.path, "short", shape, 3);
    await writeFile(join(dir, "generation_config.json"), "{}");
    await writeFile(join(dir, "config.json"), JSON.stringify({ ...configOf(shape), eos_token_id: null }));
    const smaller = await writeModel(folder.path, "shorter", { ...shape, context: 17 }, 4);
    await using(dir, (target) =>
      using(smaller, async (draft) => {
        for (let length = 1; length <= shape.context; length++) {
          const prompt = tokensOf(length, 7);
          const plain = await said(prompt, { target });
          assert.deepEqual([plain.tokens.length, plain.reason], [shape.context - length, "length"]);
          for (const policy of ["strict", "judi"]) {
            for (const [drafter, draftTokens] of [
              [onnxDrafter(target), 1 + (length % 7)],
              [modelDrafter(target), 16],
              [onnxDrafter(draft), 5],
            ] as const) {
              const answer = await said(prompt, { target, drafter, draftTokens, verifier: registry.create(policy) });
              assert.deepEqual([answer.tokens.length, answer.reason], [shape.context - length, "length"]);
              if (policy === "strict") assert.deepEqual(answer.tokens, plain.tokens);
            }
          }
        }
        await assert.rejects(said(tokensOf(25), { target }), {
          code: "context_full",
          message: /has 25 tokens; short holds 24\. Shorten/,
        });
        await assert.rejects(said([], { target }), { code: "invalid_request", message: /no tokens/ });
      }),
    );
  });
});

describe("a folder whose model lacks outputs, with its weights in other files,", () => {
  const added = ["hidden_states", "last_hidden_state", "present_rows"];
  let dir: string;
  before(async () => {
    dir = await copyWith({});
    await writeForm(dir, join("onnx", "model.onnx"), small, {
      hidden: "none",
      shards: ["model.onnx_data", "model.onnx_data_1"],
    });
  });

  /** What lies in it: names, times and contents. */
  async function look(): Promise<readonly unknown[]> {
    const names = (await readdir(dir, { recursive: true })).sort();
    return Promise.all(
      names.map(async (name) => {
        const found = await stat(join(dir, name));
        const content = found.isFile() ? createHash("sha256").update(await readFile(join(dir, name))) : undefined;
        return [name, found.mtimeMs, found.ctimeMs, content?.digest("hex")];
      }),
    );
  }

  test("is only read, and may be read-only", async () => {
    // The system lets root write in spite of this: for root, what lies there afterwards must tell.
    for (const name of ["onnx", ""]) await chmod(join(dir, name), 0o555);
    const seen = await look();
    try {
      await using(dir, async (model) => {
        assert.deepEqual(model.graph.added, added);
        await said([1], { target: model, drafter: onnxDrafter(model), maxTokens: 5 });
      });
      assert.deepEqual(await look(), seen);
    } finally {
      for (const name of ["", "onnx"]) await chmod(join(dir, name), 0o755);
    }
  });

  test("serves three processes at once, each of which adds them for itself", async () => {
    const program = fileURLToPath(new URL("./short-life.ts", import.meta.url));
    const bare = process.versions["bun"] !== undefined;
    const arguments_ = bare
      ? [program]
      : "Deno" in globalThis
        ? ["run", "-A", program]
        : ["--experimental-strip-types", program];
    const run = () =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(process.execPath, [...arguments_, dir, "added"], { stdio: ["ignore", "pipe", "inherit"] });
        let out = "";
        child.stdout.on("data", (data) => (out += data));
        child.on("close", (status) =>
          status === 0 ? resolve(out.trim()) : reject(new Error(`It ended with ${status}.`)),
        );
      });
    const seen = await look();
    assert.deepEqual(await Promise.all([run(), run(), run()]), new Array(3).fill(added.join()));
    assert.deepEqual(await look(), seen);
  });
});
