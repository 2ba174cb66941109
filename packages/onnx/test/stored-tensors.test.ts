/** Tensors within an .onnx file are read from where they lie, not copied. */
import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { InferenceSession } from "onnxruntime-node";
import type { Runtime } from "../src/graph/graph.ts";
import { graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { readWithStoredTensors, scanOnnx } from "../src/onnx-file/scan-file.ts";
import { openUnchanged } from "../src/open/open-file.ts";
import { importRuntime } from "../src/open/open-graph.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";

const [rows, columns] = [64, 40];
const weights = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i));
const input = Float32Array.from({ length: rows }, (_, i) => Math.cos(i));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let runtime: Runtime;
before(async () => {
  folder = await temporaryFolder();
  runtime = await importRuntime();
});
after(() => folder.remove());

/** A file with one product, in which the matrix begins `shift` bytes later. */
async function write(shift: number): Promise<string> {
  const graph = graphBuilder("g".repeat(1 + shift));
  graph.input("input", "float32", [1, rows]);
  graph.output("output", "float32", [1, columns]);
  graph.weights("matrix", weights, [rows, columns], "float32");
  graph.node("MatMul", ["input", "matrix"], ["output"]);
  const file = join(folder.path, `shift-${shift}.onnx`);
  await writeFile(file, Buffer.concat([...graph.finish()]));
  return file;
}

async function product(session: InferenceSession): Promise<Float32Array> {
  const { output } = await session.run({ input: new runtime.Tensor("float32", input, [1, rows]) });
  await session.release();
  return output?.data as Float32Array;
}

/** The runtime, with a note of what was opened: a path, or the number of bytes. */
function noting(refusesFolders = false): { readonly runtime: Runtime; readonly opened: (string | number)[] } {
  const opened: (string | number)[] = [];
  const create = async (file: string | Uint8Array, options: InferenceSession.SessionOptions) => {
    opened.push(typeof file === "string" ? file : file.length);
    if (typeof file === "string") return runtime.InferenceSession.create(file, options);
    if (refusesFolders && options.extra !== undefined) throw new Error("cannot map");
    return runtime.InferenceSession.create(file, options);
  };
  const InferenceSession = Object.assign(Object.create(runtime.InferenceSession) as Runtime["InferenceSession"], {
    create,
  });
  return { runtime: { ...runtime, InferenceSession }, opened };
}

describe("a file whose tensors are within it", () => {
  for (const shift of [0, 1, 2, 3]) {
    test(`gives the same bits when they are read from where they lie, ${shift} bytes on`, async () => {
      const file = await write(shift);
      const expected = await product(await runtime.InferenceSession.create(file));
      assert.deepEqual(await product(await openUnchanged(runtime, scanOnnx(file), {})), expected);
    });
  }

  test("is opened without their bytes", async () => {
    const file = await write(0);
    const { runtime: noted, opened } = noting();
    await (await openUnchanged(noted, scanOnnx(file), {})).release();
    assert.ok(!opened.includes(file));
    const left = readWithStoredTensors(file, basename(file), []).length;
    assert.ok(opened.includes(left));
    assert.ok(left < (await readFile(file)).length - weights.byteLength + 200, `${left} bytes`);
  });

  test("is opened through a link to another folder", async () => {
    const file = await write(0);
    const expected = await product(await runtime.InferenceSession.create(file));
    const elsewhere = join(folder.path, "elsewhere");
    await mkdir(elsewhere);
    await symlink(file, join(elsewhere, "model.onnx"));
    const { runtime: noted, opened } = noting();
    const session = await openUnchanged(noted, scanOnnx(join(elsewhere, "model.onnx")), {});
    assert.deepEqual(await product(session), expected);
    assert.ok(opened.every((what) => typeof what === "number"));
  });

  test("is opened as a whole where the runtime cannot do that", async () => {
    const file = await write(0);
    const expected = await product(await runtime.InferenceSession.create(file));
    const { runtime: noted, opened } = noting(true);
    assert.deepEqual(await product(await openUnchanged(noted, scanOnnx(file), {})), expected);
    assert.ok(opened.includes(file));
  });
});
