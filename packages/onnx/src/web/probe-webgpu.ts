import { type Probed, tryProduct } from "../device/probe-device.ts";
import type { Runtime } from "../graph/graph.ts";
import type { Device } from "../protocol/devices.ts";

/** What to do where WebGPU cannot be had. */
const remedy = "Take the provider wasm, or auto.";

/** As much of `navigator.gpu` as is asked here. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** Why this page has no adapter for WebGPU, and what to do; undefined where it has one. */
export async function adapterFault(): Promise<Extract<Probed, { readonly fault: string }> | undefined> {
  const { gpu } = ((globalThis as { readonly navigator?: unknown }).navigator ?? {}) as {
    readonly gpu?: Gpu | undefined;
  };
  if (gpu === undefined)
    return {
      fault: "This browser has no WebGPU, or keeps it from pages that are not served securely (https).",
      remedy,
    };
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? { fault: "This browser has WebGPU, but no adapter for it.", remedy } : undefined;
}

/** Asks for an adapter, and runs a product on it; or on the CPU, to compare. */
export async function probeWebGPU(runtime: Runtime, device: Device, timed: boolean): Promise<Probed> {
  const fault = device === "webgpu" ? await adapterFault() : undefined;
  if (fault !== undefined) return fault;
  const probed = await tryProduct(runtime, device, timed, remedy);
  if (probed.fault === undefined || !/backend not found/.test(probed.fault)) return probed;
  return {
    fault: "The module of ONNX Runtime that was handed over has no WebGPU; onnxruntime-web/webgpu has.",
    remedy,
  };
}
