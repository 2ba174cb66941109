/** The devices that a model can run on. */

/** The execution providers of ONNX Runtime that a model can run on. */
export const devices = ["cpu", "webgpu", "cuda", "dml", "coreml"] as const;
export type Device = (typeof devices)[number];

/** What a caller may request. auto: the first device that agrees with the CPU and is faster, else the CPU. */
export type DeviceOption = "auto" | Device;
export const deviceOptions: readonly DeviceOption[] = ["auto", ...devices];

/** What `auto` tries, in this order. webgpu is first because only it keeps the caches on the device between runs. */
export const candidates: readonly Device[] = ["webgpu", "cuda", "dml", "coreml"];

/** The device that a model runs on. Plain data. */
export interface DeviceReport {
  readonly name: Device;
  /** The reason: what was requested or measured, or what failed on other devices. One or more sentences. */
  readonly why: string;
}

/** The facts about the machine and the build of ONNX Runtime that devices depend on. */
export interface Platform {
  /** As in `process.platform` and `process.arch`. */
  readonly os: string;
  readonly arch: string;
  /** The execution providers in the build. */
  readonly backends: readonly string[];
  /** The folder of the package onnxruntime-node, if known. */
  readonly folder?: string | undefined;
}

/** Why this platform cannot have the device, as a sentence; undefined when it may have it. */
export function impossible(device: Device, { os, arch, backends }: Platform): string | undefined {
  if (device === "dml" && os !== "win32") return "DirectML is only available on Windows.";
  if (device === "coreml" && os !== "darwin") return "CoreML is only available on macOS.";
  if (device === "cuda" && !(os === "linux" && arch === "x64"))
    return "onnxruntime-node supports CUDA only on Linux x64.";
  if (!backends.includes(device))
    return `onnxruntime-node for ${os}/${arch} is built without ${device} (it has ${backends.join(", ")}).`;
  return undefined;
}

/** What to do when a session cannot be opened on the device. */
export function remedy(device: Device, { os, folder = "the folder of onnxruntime-node" }: Platform): string {
  if (device === "cuda") {
    return `It needs an NVIDIA driver, CUDA 12, cuDNN 9, and the libraries that onnxruntime-node's postinstall script fetches. Bun and newer npm skip such scripts. Run it once, in ${folder}: node script/install --onnxruntime-node-install=cuda12`;
  }
  if (device === "webgpu" && os === "linux") {
    return "It needs a Vulkan loader (Debian: libvulkan1) and a Vulkan driver (from the vendor, or mesa-vulkan-drivers) for a GPU that this process may use.";
  }
  if (device === "webgpu") return "It needs a GPU with a current driver.";
  if (device === "dml") return "It needs a GPU with a driver for DirectX 12.";
  return "It needs a Mac with CoreML.";
}
