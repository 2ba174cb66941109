import { type Probed, tryProduct } from "../device/probe-device.ts";
import type { Runtime } from "../graph/graph.ts";
import type { Device } from "../protocol/devices.ts";

/** What to do when WebGPU is not available. */
const remedy = "Use the provider wasm or auto.";

/** The part of `navigator.gpu` that is used here. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** Why this page has no WebGPU adapter, and what to do; undefined if it has one. */
export async function adapterFault(): Promise<Extract<Probed, { readonly fault: string }> | undefined> {
  const { gpu } = ((globalThis as { readonly navigator?: unknown }).navigator ?? {}) as {
    readonly gpu?: Gpu | undefined;
  };
  if (gpu === undefined)
    return {
      fault: "This browser has no WebGPU, or blocks it on pages that are not served over https.",
      remedy,
    };
  const adapter = await gpu.requestAdapter().catch(() => null);
  return adapter === null ? { fault: "This browser has WebGPU, but found no adapter for it.", remedy } : undefined;
}

/** Requests an adapter and runs a product on it, or on the CPU for comparison. */
export async function probeWebGPU(runtime: Runtime, device: Device, timed: boolean): Promise<Probed> {
  const fault = device === "webgpu" ? await adapterFault() : undefined;
  if (fault !== undefined) return fault;
  const probed = await tryProduct(runtime, device, timed, remedy);
  if (probed.fault === undefined || !/backend not found/.test(probed.fault)) return probed;
  return {
    fault: "The ONNX Runtime module that was passed in has no WebGPU; onnxruntime-web/webgpu has it.",
    remedy,
  };
}
