/** A Vulkan driver that does not need a GPU, so that WebGPU can be tested everywhere. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where Debian's chromium puts SwiftShader's driver. */
export const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";

type Environment = Readonly<Record<string, string | undefined>>;

/** What `vulkanEnvironment` needs to know about a machine. */
export interface Machine {
  readonly env: Environment;
  exists(path: string): boolean;
  /** Why no adapter works with these additions to the environment; undefined if one does. */
  fault(env: Readonly<Record<string, string>>): string | undefined;
}

/** Additions to the environment with which WebGPU works, and whether it is SwiftShader; or why not, with a remedy. */
export type Found =
  | { readonly env: Readonly<Record<string, string>>; readonly software: boolean }
  | { readonly reason: string };

/**
 * Vulkan with the driver in the environment, or with SwiftShader if it is installed. Opens an adapter, because a
 * driver's file does not show whether there is a loader.
 */
export function vulkanEnvironment(machine: Machine = thisMachine): Found {
  const named = machine.env["VK_ICD_FILENAMES"] ?? machine.env["VK_DRIVER_FILES"];
  if (named === undefined && !machine.exists(swiftshader)) {
    return {
      reason: `${swiftshader} is missing, and VK_ICD_FILENAMES names no other driver. Debian: apt-get install chromium libvulkan1`,
    };
  }
  const env: Readonly<Record<string, string>> = named === undefined ? { VK_ICD_FILENAMES: swiftshader } : {};
  const fault = machine.fault(env);
  if (fault === undefined) return { env, software: (named ?? swiftshader) === swiftshader };
  return { reason: `no adapter can be opened with the driver ${named ?? swiftshader}: ${fault} ${remedy}` };
}

/** For an adapter that cannot be opened although there is a driver. */
export const remedy = "Vulkan's loader may be missing. Debian: apt-get install libvulkan1";

const thisMachine: Machine = {
  env: process.env,
  exists: existsSync,
  fault(env) {
    const program = join(import.meta.dirname, "../packages/onnx/test/webgpu/adapter.ts");
    const { status, signal, stdout } = spawnSync(process.execPath, [program], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    return status === 0 ? undefined : stdout.trim() || `the attempt ended with ${signal ?? status}.`;
  },
};
