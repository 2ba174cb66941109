import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ExportProgress, exportDecoder, type LoadOptions, loadModel } from "../src/index.ts";
import {
  configOf,
  randomWeights,
  safetensors,
  small,
  temporaryFolder,
  tokensOf,
  type Weights,
} from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const weights = randomWeights(small);
const calibration = [tokensOf(30)];
let folders = 0;

before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

/** A folder with a model that is not exported. */
async function modelFolder(): Promise<string> {
  const dir = join(folder.path, `model-${folders++}`);
  await mkdir(dir);
  await writeFile(join(dir, "config.json"), JSON.stringify(configOf(small)));
  await writeFile(join(dir, "model.safetensors"), safetensors(weights));
  return dir;
}

async function logitsOf(dir: string, options: LoadOptions = {}): Promise<Float32Array> {
  const model = await loadModel(dir, { threads: 1, ...options });
  const { logits } = await (await model.open()).append(tokensOf(20));
  await model.close();
  return logits;
}

const exported = async (dir: string) => (await readdir(join(dir, "onnx"))).sort();

describe("weights beside the file", () => {
  for (const kind of ["float16", "float32", "int8", "int4"] as const) {
    test(`of ${kind} give the same logits as within it`, async () => {
      const dir = await modelFolder();
      const options = { weights: kind, ...(kind === "int8" ? { calibration } : {}) };
      await exportDecoder(dir, { ...options, file: "onnx/whole.onnx" });
      const file = await exportDecoder(dir, { ...options, file: "onnx/split.onnx", inlineBytes: 10_000 });
      assert.deepEqual(await exported(dir), ["split.onnx", "split.onnx_data", "whole.onnx"]);
      // Nodes and small tensors alone.
      assert.ok((await stat(file)).size < (await stat(`${file}_data`)).size);
      assert.deepEqual(
        await logitsOf(dir, { file: "onnx/split.onnx" }),
        await logitsOf(dir, { file: "onnx/whole.onnx" }),
      );
    });
  }

  test("by default, only the tensors of large models are in a file beside it", async () => {
    const dir = await modelFolder();
    await exportDecoder(dir, { weights: "float32" });
    assert.deepEqual(await exported(dir), ["model.onnx"]);
    const vocabulary = 510_000; // of 32 float32 numbers: 65 MB
    const table = { shape: [vocabulary, small.width], values: new Float32Array(vocabulary * small.width) };
    const large: Weights = new Map([...weights, ["model.embed_tokens.weight", table]]);
    await writeFile(join(dir, "config.json"), JSON.stringify(configOf({ ...small, vocabulary })));
    await writeFile(join(dir, "model.safetensors"), safetensors(large, "F32"));
    await exportDecoder(dir, { weights: "float32" });
    assert.deepEqual(await exported(dir), ["model.onnx", "model.onnx_data"]);
    assert.ok((await stat(join(dir, "onnx", "model.onnx"))).size < 100_000);
  });

  test("inlineBytes beyond what protobuf holds is refused", async () => {
    await assert.rejects(exportDecoder(await modelFolder(), { inlineBytes: 2 ** 31 }), RangeError);
  });
});

describe("sharded safetensors", () => {
  async function sharded(): Promise<string> {
    const dir = await modelFolder();
    await rm(join(dir, "model.safetensors"));
    const map: Record<string, string> = {};
    const shards = new Map<string, Map<string, { shape: readonly number[]; values: Float32Array }>>();
    for (const [at, [name, tensor]] of [...weights].entries()) {
      const file = `model-0000${1 + (at % 3)}-of-00003.safetensors`;
      map[name] = file;
      shards.set(file, (shards.get(file) ?? new Map()).set(name, tensor));
    }
    for (const [file, part] of shards) await writeFile(join(dir, file), safetensors(part as Weights));
    await writeFile(join(dir, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: map }));
    return dir;
  }

  test("give the same file as one", async () => {
    const [one, three] = [await modelFolder(), await sharded()];
    assert.deepEqual(await readFile(await exportDecoder(three)), await readFile(await exportDecoder(one)));
  });

  test("that are incomplete are refused by name", async () => {
    const dir = await sharded();
    const index = join(dir, "model.safetensors.index.json");
    const whole = JSON.parse(await readFile(index, "utf8"));
    await writeFile(index, JSON.stringify({ weight_map: { ...whole.weight_map, "model.norm.weight": undefined } }));
    await assert.rejects(exportDecoder(dir), {
      code: "model_files",
      message: /index\.json does not list the tensor model\.norm\.weight/,
    });
    await writeFile(index, JSON.stringify({ weight_map: 5 }));
    await assert.rejects(exportDecoder(dir), { code: "model_files", message: /no weight_map/ });
    await writeFile(index, JSON.stringify(whole));
    await rm(join(dir, "model-00002-of-00003.safetensors"));
    await assert.rejects(exportDecoder(dir), {
      code: "model_files",
      message: /model-00002-of-00003\.safetensors cannot be read: it is missing/,
    });
  });
});

describe("damaged safetensors are refused", () => {
  const header = (value: unknown, length?: number) => {
    const text = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(length ?? text.length));
    return Buffer.concat([size, text, Buffer.alloc(100)]);
  };
  const first = "model.layers.0.input_layernorm.weight";
  const at = (entry: unknown) => header({ [first]: entry });
  const cases: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
    "an empty file": [Buffer.alloc(0), /header is cut off/],
    "a header longer than the file": [header("{}", 1e6), /header is cut off/],
    "a header of 2 ** 63 bytes": [
      Buffer.concat([Buffer.from("ffffffffffffff7f", "hex"), Buffer.alloc(20)]),
      /header is cut off/,
    ],
    "a header that is no JSON": [header("{{{"), /header is not JSON/],
    "a header that is no object": [header("null"), /header is not an object/],
    "a missing tensor": [header({}), /is missing/],
    "an entry of another form": [at(7), /has no position for the tensor/],
    "an entry with odd offsets": [
      at({ dtype: "F32", shape: [32], data_offsets: [0, -4] }),
      /has no position for the tensor/,
    ],
    "an entry with too few bytes": [at({ dtype: "F32", shape: [32], data_offsets: [0, 8] }), /is cut off/],
    "an entry beyond the end": [at({ dtype: "F32", shape: [32], data_offsets: [1000, 1128] }), /is cut off/],
    "an entry of a type that is not known": [
      at({ dtype: "I64", shape: [32], data_offsets: [0, 256] }),
      /type I64; expected F32, F16 or BF16/,
    ],
  };
  for (const [what, [bytes, message]] of Object.entries(cases)) {
    test(what, async () => {
      const dir = await modelFolder();
      // Everything but the first norm, which the damaged file is asked for.
      const map = Object.fromEntries(
        [...weights.keys()].map((name) => [name, name === first ? "damaged.safetensors" : "good.safetensors"]),
      );
      await rm(join(dir, "model.safetensors"));
      await writeFile(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
      await writeFile(join(dir, "good.safetensors"), safetensors(weights));
      await writeFile(join(dir, "damaged.safetensors"), bytes);
      await assert.rejects(exportDecoder(dir), { code: "model_files", message });
    });
  }
});

test("a folder where model.safetensors should be is refused", async () => {
  const dir = await modelFolder();
  await rm(join(dir, "model.safetensors"));
  await mkdir(join(dir, "model.safetensors"));
  await assert.rejects(exportDecoder(dir), {
    code: "model_files",
    message: /model\.safetensors cannot be read: it is not a readable file/,
  });
});

describe("an export", () => {
  test("tells how far it is, to the end of each stage", async () => {
    const dir = await modelFolder();
    const seen: ExportProgress[] = [];
    await exportDecoder(dir, { weights: "int8", calibration, progress: (progress) => seen.push(progress) });
    assert.deepEqual([...new Set(seen.map(({ stage }) => stage))], ["preparing calibration", "calibrating", "writing"]);
    for (const [i, { stage, done, all }] of seen.entries()) {
      assert.ok(done <= all);
      if (seen[i + 1]?.stage !== stage) assert.equal(done, all, stage);
      else assert.ok(done <= (seen[i + 1]?.done ?? 0));
    }
  });

  test("leaves nothing behind when it fails or is cancelled at any point, and what was there before stays", async () => {
    const dir = await modelFolder();
    const file = await exportDecoder(dir, { weights: "int8", calibration });
    const before = await readFile(file);
    let outcome: unknown = "aborted";
    let at = 0;
    for (; outcome === "aborted"; at++) {
      assert.deepEqual(await exported(dir), ["model_int8.onnx"]);
      const controller = new AbortController();
      let calls = 0;
      const progress = () => {
        if (calls++ === at) controller.abort();
      };
      const options = { weights: "int8", calibration, progress, signal: controller.signal, inlineBytes: 0 } as const;
      outcome = await exportDecoder(dir, { ...options, file: "onnx/other.onnx" }).catch(
        ({ code }: { code?: string }) => code,
      );
    }
    // Cancelling after the last byte is too late: the first that succeeds.
    assert.equal(outcome, join(dir, "onnx/other.onnx"));
    assert.ok(at > 4, `${at}`);
    assert.deepEqual(await readFile(file), before);
  });

  test("of values that float16 cannot hold fails while writing, and leaves nothing behind", async () => {
    const dir = await modelFolder();
    const large = new Map(weights);
    large.set("model.layers.1.mlp.down_proj.weight", { shape: [32, 48], values: new Float32Array(32 * 48).fill(1e6) });
    await writeFile(join(dir, "model.safetensors"), safetensors(large, "F32"));
    for (const inlineBytes of [0, 1e9]) {
      await assert.rejects(exportDecoder(dir, { inlineBytes }), { code: "model_files", message: /beyond 65504/ });
    }
    assert.deepEqual(await exported(dir), []);
  });

  test("into a place that cannot be written says so", async () => {
    const dir = await modelFolder();
    await writeFile(join(dir, "onnx"), "a file where a folder should be");
    await assert.rejects(exportDecoder(dir), {
      code: "model_files",
      message: /model\.onnx cannot be written: E.*name another file/,
    });
    await mkdir(join(dir, "taken.onnx"));
    await assert.rejects(exportDecoder(dir, { file: "taken.onnx" }), {
      code: "model_files",
      message: /taken\.onnx cannot be written/,
    });
    assert.deepEqual((await readdir(dir)).sort(), ["config.json", "model.safetensors", "onnx", "taken.onnx"]);
  });

  test("that is killed leaves parts, which the next export of that file removes, and no others", async () => {
    const dir = await modelFolder();
    const program = fileURLToPath(new URL("./killed-export.ts", import.meta.url));
    const permissions = "Deno" in globalThis ? ["run", "-A"] : [];
    // As the first bytes of a part are written, at both stages: of the calibration's graph and of the model.
    const killed = async (stage: string) => {
      spawnSync(process.execPath, [...permissions, program, dir, stage]);
      return exported(dir);
    };
    const first = await killed("preparing calibration");
    const second = await killed("writing");
    for (const left of [first, second])
      assert.ok(left.length > 0 && left.every((name) => /^model_int8\.onnx.*part/.test(name)), left.join());
    assert.ok(first.every((name) => !second.includes(name)));
    const others = [
      `model_int8.onnx.${process.pid}-0123abcd.part`,
      "model_int8.onnx.elsewhere.1-0123abcd.part",
      "model.onnx.1-x.part",
      "my.part",
    ];
    for (const name of others) await writeFile(join(dir, "onnx", name), "");
    await writeFile(join(dir, "onnx", "model_int8.onnx.4194305-0123abcd.part"), "by a process that no Linux has");
    await exportDecoder(dir, { weights: "int8", calibration });
    assert.deepEqual(await exported(dir), [...others, "model_int8.onnx"].sort());
  });

  test("may run several times at once", async () => {
    const dir = await modelFolder();
    await Promise.all(Array.from({ length: 4 }, () => exportDecoder(dir)));
    assert.deepEqual(await exported(dir), ["model.onnx"]);
    assert.equal((await logitsOf(dir)).length, 20 * small.vocabulary);
  });
});
