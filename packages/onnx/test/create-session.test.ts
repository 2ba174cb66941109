import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import * as runtime from "onnxruntime-node";
import { exportDecoder } from "../src/index.ts";
import { graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { createSession, int8Overflows } from "../src/open/create-session.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const options = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  extra: { session: { intra_op: { spin_duration_us: "500" } } },
};
const { Tensor } = runtime;
// One of the files is refused on purpose.
runtime.env.logLevel = "fatal";

test("int8 products overflow on x64 processors without VNNI, and nowhere else", async (context) => {
  const flags = process.arch === "x64" ? await readFile("/proc/cpuinfo", "utf8").catch(() => undefined) : "vnni";
  if (flags === undefined) return context.skip("Only Linux tells what the processor can do.");
  assert.equal(await int8Overflows(runtime), !/vnni/.test(flags));
});

test("an exported int8 model can be opened for exact products, with the same logits", async () => {
  const dir = await writeModel(folder.path, "exact");
  const file = await exportDecoder(dir, { weights: "int8", calibration: [tokensOf(40)] });
  const tokens = tokensOf(9);
  const int64 = (values: readonly number[], shape: readonly number[]) =>
    new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  const feeds: Record<string, runtime.Tensor> = {
    input_ids: int64(tokens, [1, 9]),
    attention_mask: int64(tokens.fill(1), [1, 9]),
    num_logits_to_keep: int64([0], []),
  };
  const logits: unknown[] = [];
  for (const overflows of [false, true]) {
    let tried = 0;
    const session = await createSession(
      counting(() => tried++),
      file,
      options,
      async () => overflows,
    );
    assert.equal(tried, 1);
    for (const name of session.inputNames) {
      feeds[name] ??= new Tensor("float32", new Float32Array(), [1, small.groups, 0, small.headSize]);
    }
    logits.push((await session.run(feeds, ["logits"]))["logits"]?.data);
    await session.release();
  }
  assert.deepEqual(logits[1], logits[0]);
});

test("a file that shares zero points is opened in the ordinary mode where the exact one refuses it", async () => {
  const graph = graphBuilder("shared");
  graph.input("input", "uint8", [2, 16]);
  graph.bytes("zero", Uint8Array.of(0), [], "int8");
  graph.bytes("middle", Uint8Array.of(128), [], "uint8");
  graph.weights("scale", Float32Array.of(1), [], "float32");
  for (const name of ["a", "b"]) {
    graph.output(name, "float32", [2, 16]);
    graph.bytes(`${name}.weight`, new Uint8Array(256).fill(100), [16, 16], "int8");
    graph.weights(`${name}.scale`, new Float32Array(16).fill(1), [16], "float32");
    graph.node(
      "MatMulIntegerToFloat",
      ["input", `${name}.weight`, "scale", `${name}.scale`, "middle", "zero"],
      [name],
      {},
      true,
    );
  }
  let tried = 0;
  const session = await createSession(
    counting(() => tried++),
    Buffer.concat([...graph.finish()]),
    options,
    async () => true,
  );
  assert.equal(tried, process.arch === "x64" ? 2 : 1);
  const results = await session.run({ input: new Tensor("uint8", new Uint8Array(32).fill(130), [2, 16]) });
  assert.deepEqual(results["a"]?.data, new Float32Array(32).fill(3200));
  await session.release();
});

/** The runtime, which tells each time that a session is asked for. */
function counting(count: () => void): typeof runtime {
  const create = (...args: Parameters<typeof runtime.InferenceSession.create>) => {
    count();
    return runtime.InferenceSession.create(...args);
  };
  return { ...runtime, InferenceSession: { ...runtime.InferenceSession, create } as typeof runtime.InferenceSession };
}
