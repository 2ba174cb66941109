import assert from "node:assert/strict";
import { cp, mkdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readDecoderConfig } from "../src/export/decoder-config.ts";
import { decoderGraph } from "../src/export/decoder-graph.ts";
import { floatWeights } from "../src/export/decoder-weights.ts";
import { openTensors } from "../src/export/tensor-folder.ts";
import { chooseVariant, findVariants, onlyUnusualName, pickVariant, variantsAmong } from "../src/folder/variants.ts";
import { type Dtype, dtypes, inspectModel, type LoadOptions, loadModel } from "../src/index.ts";
import { graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { sharded } from "../src/testing/sharded.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let whole: string;
before(async () => {
  folder = await temporaryFolder();
  whole = await writeModel(folder.path, "whole");
});
after(() => folder.remove());

async function logitsOf(dir: string, options: LoadOptions = {}): Promise<Float32Array> {
  const model = await loadModel(dir, { threads: 1, ...options });
  const { logits } = await (await model.open()).append(tokensOf(9));
  await model.close();
  return logits;
}

let folders = 0;
/** A folder with empty files at these paths. */
async function folderOf(...paths: string[]): Promise<string> {
  const dir = join(folder.path, `variants-${folders++}`);
  await mkdir(join(dir, "onnx"), { recursive: true });
  for (const path of paths) await writeFile(join(dir, path), "");
  return dir;
}

describe("chooseVariant", () => {
  test("knows the names of transformers.js", async () => {
    const files: Record<Dtype, string> = {
      fp32: "model.onnx",
      fp16: "model_fp16.onnx",
      q8: "model_quantized.onnx",
      int8: "model_int8.onnx",
      uint8: "model_uint8.onnx",
      q4: "model_q4.onnx",
      q4f16: "model_q4f16.onnx",
      bnb4: "model_bnb4.onnx",
    };
    const dir = await folderOf(...Object.values(files).map((name) => join("onnx", name)));
    assert.deepEqual(Object.keys(files), dtypes);
    for (const dtype of dtypes) assert.equal(await chooseVariant(dir, dtype), join("onnx", files[dtype]));
    assert.equal(await chooseVariant(dir, undefined), join("onnx", "model.onnx"));
    assert.equal((await findVariants(dir)).length, dtypes.length);
  });

  test("prefers onnx/ to the folder itself", async () => {
    const dir = await folderOf("model.onnx", "model_q4.onnx", "onnx/model.onnx");
    assert.equal(await chooseVariant(dir, undefined), join("onnx", "model.onnx"));
    assert.equal(await chooseVariant(dir, "q4"), "model_q4.onnx");
  });

  test("takes the only variant that is there, unless another is wanted", async () => {
    const dir = await folderOf("onnx/model_q4f16.onnx");
    assert.equal(await chooseVariant(dir, undefined), join("onnx", "model_q4f16.onnx"));
    await assert.rejects(chooseVariant(dir, "q4"), {
      code: "model_files",
      message: /onnx\/model_q4\.onnx and .*are missing\..*q4f16 \(onnx\/model_q4f16\.onnx\)\. Choose one by its dtype/,
    });
  });

  test("lists the variants when there are several and none is wanted or it is missing", async () => {
    const dir = await folderOf("onnx/model_fp16.onnx", "model_q4.onnx");
    for (const wanted of [undefined, "q8"] as const) {
      await assert.rejects(chooseVariant(dir, wanted), {
        code: "model_files",
        message: /has other variants: fp16 \(onnx\/model_fp16\.onnx\), q4 \(model_q4\.onnx\)/,
      });
    }
  });

  test("takes the only model under a name of its own, and lists them when there are several or a variant is wanted", async () => {
    const only = await folderOf("onnx/phi3-cpu-int4.onnx", "onnx/phi3-cpu-int4.drafter.onnx");
    assert.equal(await chooseVariant(only, undefined), join("onnx", "phi3-cpu-int4.onnx"));
    await assert.rejects(chooseVariant(only, "q4"), {
      message: /does have onnx\/phi3-cpu-int4\.onnx: name one as the file/,
    });
    const two = await folderOf("onnx/decoder_model_merged.onnx", "other.onnx");
    await assert.rejects(chooseVariant(two, undefined), {
      code: "model_files",
      message: /does have onnx\/decoder_model_merged\.onnx, other\.onnx: name one as the file/,
    });
  });

  test("finds among the paths of a repository what it finds in a folder", async () => {
    for (const paths of [
      [],
      ["model_q4.onnx"],
      ["onnx/model.onnx", "model.onnx"],
      ["model_q4.onnx", "onnx/model_fp16.onnx", "onnx/other.onnx"],
      ["onnx/other.onnx"],
      ["other.onnx", "onnx/other.onnx"],
    ]) {
      const dir = await folderOf(...paths);
      const found = variantsAmong(paths);
      assert.deepEqual(found, await findVariants(dir));
      for (const wanted of [undefined, "fp16", "q4"] as const) {
        const chosen = await chooseVariant(dir, wanted).catch(() => undefined);
        assert.equal(pickVariant(found, wanted)?.path ?? onlyUnusualName(paths, wanted), chosen);
      }
    }
  });

  test("refuses a name that is none, and a file beside a dtype", async () => {
    await assert.rejects(chooseVariant(whole, "fp8" as Dtype), {
      name: "RangeError",
      message: /expected one of fp32, fp16, q8, /,
    });
    await assert.rejects(loadModel(whole, { dtype: "fp32", file: "onnx/model.onnx" }), TypeError);
  });
});

describe("loadModel", () => {
  test("says in a note which file it took when nobody named it, and nothing when it was named", async () => {
    const dir = join(folder.path, "strange");
    await cp(whole, dir, { recursive: true });
    await rename(join(dir, "onnx", "model.onnx"), join(dir, "onnx", "phi3-cpu-int4.onnx"));
    for (const [options, notes] of [
      [{}, [/^onnx.phi3-cpu-int4\.onnx is used as the model: no file has a usual name, such as onnx.model\.onnx$/]],
      [{ file: "onnx/phi3-cpu-int4.onnx" }, []],
    ] as const) {
      const model = await loadModel(dir, { threads: 1, ...options });
      await model.close();
      assert.equal(model.notes.length, notes.length);
      for (const [i, note] of notes.entries()) assert.match(model.notes[i] as string, note);
    }
  });

  test("loads the variant that is wanted, and inspectModel says which", async () => {
    const dir = join(folder.path, "two");
    await cp(whole, dir, { recursive: true });
    await cp(
      join(await writeModel(folder.path, "other", undefined, 2), "onnx", "model.onnx"),
      join(dir, "onnx", "model_q4.onnx"),
    );
    assert.deepEqual(await logitsOf(dir), await logitsOf(whole));
    assert.deepEqual(await logitsOf(dir, { dtype: "q4" }), await logitsOf(join(folder.path, "other")));
    const { variants } = await inspectModel(dir, { threads: 1, dtype: "q4" });
    assert.deepEqual(variants, [
      { dtype: "fp32", path: join("onnx", "model.onnx"), loaded: false },
      { dtype: "q4", path: join("onnx", "model_q4.onnx"), loaded: true },
    ]);
  });
});

describe("a model with its weights in several files", () => {
  const shards = ["model.onnx_data", "model.onnx_data_1"] as const;
  let dir: string;
  before(async () => {
    dir = join(folder.path, "sharded");
    await cp(whole, dir, { recursive: true });
    const graph = sharded(graphBuilder("llama"), shards);
    // What stays in the file is larger than what is read of it at once.
    graph.integers("filler", new Array(20_000).fill(7), [20_000]);
    const config = await readDecoderConfig(dir);
    const tensors = await openTensors(dir);
    decoderGraph(graph, config, floatWeights(graph, tensors, config, "float16"), { newRows: true });
    const pieces = [...graph.finish()];
    tensors.close();
    await writeFile(join(dir, "onnx", "model.onnx"), Buffer.concat(pieces));
    for (const [name, bytes] of graph.shards()) await writeFile(join(dir, "onnx", name), bytes);
  });

  test("scores as it does in one file", async () => assert.deepEqual(await logitsOf(dir), await logitsOf(whole)));

  for (const name of shards) {
    test(`is refused without ${name}, which is named`, async () => {
      const path = join(dir, "onnx", name);
      await rename(path, `${path}.away`);
      await assert.rejects(logitsOf(dir), (error: { code?: string; message: string }) => {
        assert.equal(error.code, "model_files");
        assert.ok(
          error.message.includes(`stores weights in ${path}, which is missing. Download it and put it there.`),
          error.message,
        );
        return true;
      });
      await rename(`${path}.away`, path);
    });
  }

  test("is refused when a file is cut off", async () => {
    const copy = join(folder.path, "cut");
    await cp(dir, copy, { recursive: true });
    await truncate(join(copy, "onnx", shards[1]), 100);
    await assert.rejects(logitsOf(copy), {
      code: "model_files",
      message: /model\.onnx_data_1, which has 100 bytes; expected \d{4,} or more/,
    });
    await rm(copy, { recursive: true });
  });
});
