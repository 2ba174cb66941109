/** Tries a device out on a small product, before a model is put there. */
import type { Tensor } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import { reason } from "../onnx-file/first-line.ts";
import { graphBuilder } from "../onnx-file/graph-builder.ts";
import { smallSession } from "../open/small-session.ts";
import { type Device, impossible, type Platform, remedy } from "../protocol/devices.ts";

/** [rows, size] times [size, size], a few times over. */
const [size, times] = [512, 4];

/**
 * Rows that show whether a device works, and rows whose time shows whether it is a GPU or software that stands in for
 * one.
 */
const [fewRows, manyRows] = [4, 128];

/**
 * A device that answered, and the milliseconds of the product; or why it cannot be had, and what to do about that, as
 * sentences.
 */
export type Probed =
  | { readonly milliseconds: number; readonly fault?: undefined }
  | { readonly fault: string; readonly remedy?: string | undefined };

/**
 * Opens a session on the device and runs the product: with few rows, which shows little of its speed, or with many,
 * `timed`.
 */
export async function probeDevice(
  runtime: Runtime,
  device: Device,
  platform: Platform,
  timed: boolean,
): Promise<Probed> {
  const fault = impossible(device, platform);
  return fault === undefined ? tryProduct(runtime, device, timed, remedy(device, platform)) : { fault };
}

/** The same where nothing rules the device out; `remedy` is what to do when no session opens on it. */
export async function tryProduct(runtime: Runtime, device: Device, timed: boolean, remedy: string): Promise<Probed> {
  try {
    return { milliseconds: await product(runtime, device, timed ? [fewRows, manyRows, manyRows] : [fewRows]) };
  } catch (error) {
    return { fault: `ONNX Runtime cannot open it: ${reason(error)}.`, remedy };
  }
}

/** Runs the product with so many rows one after another. Returns the milliseconds of the last run. */
async function product(runtime: Runtime, device: Device, runs: readonly number[]): Promise<number> {
  const graph = graphBuilder("probe");
  graph.input("0", "float32", ["rows", size]);
  graph.output("sum", "float32", [1, 1]);
  graph.weights("weight", new Float32Array(size * size).fill(1 / size), [size, size], "float32");
  for (let n = 0; n < times; n++) graph.node("MatMul", [`${n}`, "weight"], [`${n + 1}`]);
  graph.node("ReduceSum", [`${times}`], ["sum"], { keepdims: 1 });
  const session = await smallSession(runtime, graph, { executionProviders: [device], intraOpNumThreads: 2 });
  try {
    let milliseconds = 0;
    for (const rows of runs) {
      const input = new runtime.Tensor("float32", new Float32Array(rows * size).fill(1), [rows, size]);
      const began = performance.now();
      const { sum } = (await session.run({ 0: input })) as { sum: Tensor };
      milliseconds = performance.now() - began;
      const found = (sum.data as Float32Array)[0] as number;
      if (!(Math.abs(found - rows * size) < 1)) throw new Error(`a sum of ${rows * size} ones is ${found} there`);
    }
    return milliseconds;
  } finally {
    await session.release();
  }
}
