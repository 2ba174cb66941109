/**
 * Whether a model can run on WebGPU here. As a program it prints why not and ends with 1: drivers that end a process
 * end one of its own.
 */
import * as runtime from "onnxruntime-node";
import { type Probed, probeDevice } from "../../src/device/probe-device.ts";

/** Opens an adapter and computes on it. */
export function probeWebgpu(): Promise<Probed> {
  runtime.env.logLevel = "fatal"; // what fails is told by who asks
  const backends = runtime.listSupportedBackends().map(({ name }) => name);
  return probeDevice(runtime, "webgpu", { os: process.platform, arch: process.arch, backends }, false);
}

if (import.meta.main) {
  const { fault } = await probeWebgpu();
  if (fault !== undefined) console.log(fault);
  process.exit(fault === undefined ? 0 : 1);
}
