/** Tests a device with a small matrix product before a model is loaded on it. */
import type { Tensor } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import { reason } from "../onnx-file/first-line.ts";
import { graphBuilder } from "../onnx-file/graph-builder.ts";
import { smallSession } from "../open/small-session.ts";
import { type Device, impossible, type Platform, remedy } from "../protocol/devices.ts";

/** [rows, size] times [size, size], a few times. */
const [size, times] = [512, 4];

/**
 * The rows used to see whether a device works, and to see from the time taken whether it is a real GPU or one emulated
 * in software.
 */
const [fewRows, manyRows] = [4, 128];

/**
 * The milliseconds of the product on a device that works; or why the device is not available and what to do, as
 * sentences.
 */
export type Probed =
  | { readonly milliseconds: number; readonly fault?: undefined }
  | { readonly fault: string; readonly remedy?: string | undefined };

/**
 * Opens a session on the device and runs the product: with few rows, which says little about its speed, or with many
 * when `timed`.
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

/** The same, for a device that the platform does not rule out. `remedy` says what to do when no session opens on it. */
export async function tryProduct(runtime: Runtime, device: Device, timed: boolean, remedy: string): Promise<Probed> {
  try {
    return { milliseconds: await product(runtime, device, timed ? [fewRows, manyRows, manyRows] : [fewRows]) };
  } catch (error) {
    return { fault: `ONNX Runtime cannot open it: ${reason(error)}.`, remedy };
  }
}

/** Runs the product once for each number of rows. Returns the milliseconds of the last run. */
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
