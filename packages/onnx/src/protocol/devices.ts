/** Where a model computes. */

/** The execution providers of ONNX Runtime that a model can be put on. */
export const devices = ["cpu", "webgpu", "cuda", "dml", "coreml"] as const;
export type Device = (typeof devices)[number];

/** What a caller may ask for. auto: the first other than the CPU that computes as it does, and sooner; else the CPU. */
export type DeviceOption = "auto" | Device;
export const deviceOptions: readonly DeviceOption[] = ["auto", ...devices];

/** What `auto` tries, in this order: webgpu first, because it alone keeps the caches on the device between two runs. */
export const candidates: readonly Device[] = ["webgpu", "cuda", "dml", "coreml"];

/** Where a model runs. Plain data. */
export interface DeviceReport {
  readonly name: Device;
  /** Why there: what was asked for, measured, or failed elsewhere. One or more sentences. */
  readonly why: string;
}

/** The machine and the build of ONNX Runtime, as far as devices depend on them. */
export interface Platform {
  /** As in `process.platform` and `process.arch`. */
  readonly os: string;
  readonly arch: string;
  /** The execution providers that the build knows. */
  readonly backends: readonly string[];
  /** The folder of the package onnxruntime-node, where it is known. */
  readonly folder?: string | undefined;
}

/** Why the device cannot be had on such a machine at all, as a sentence; undefined when it may be there. */
export function impossible(device: Device, { os, arch, backends }: Platform): string | undefined {
  if (device === "dml" && os !== "win32") return "DirectML exists on Windows only.";
  if (device === "coreml" && os !== "darwin") return "CoreML exists on macOS only.";
  if (device === "cuda" && !(os === "linux" && arch === "x64")) return "onnxruntime-node runs CUDA on Linux x64 only.";
  if (!backends.includes(device))
    return `onnxruntime-node for ${os}/${arch} is built without ${device} (it has ${backends.join(", ")}).`;
  return undefined;
}

/** What to do when a first session on the device could not be opened. */
export function remedy(device: Device, { os, folder = "the folder of onnxruntime-node" }: Platform): string {
  if (device === "cuda") {
    return `It needs an NVIDIA driver, CUDA 12, cuDNN 9, and the libraries that onnxruntime-node's postinstall script fetches. Bun and newer npm skip such scripts: run it once, in ${folder}: node script/install --onnxruntime-node-install=cuda12`;
  }
  if (device === "webgpu" && os === "linux") {
    return "It needs a Vulkan loader (Debian: libvulkan1) and the Vulkan driver of a GPU (of the vendor, or mesa-vulkan-drivers) that this process may use.";
  }
  if (device === "webgpu") return "It needs a GPU with a current driver.";
  if (device === "dml") return "It needs a GPU with a driver for DirectX 12.";
  return "It needs a Mac with CoreML.";
}
