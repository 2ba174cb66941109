/** A Vulkan driver that needs no GPU, so that WebGPU is tested everywhere. */
import { existsSync } from "node:fs";

/** Where Debian's chromium puts SwiftShader's driver. */
export const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** The environment in which Vulkan finds a driver: as it is where it names one, SwiftShader where that is installed; or why there is none. */
export function vulkanEnvironment(): { readonly env: Readonly<Record<string, string>> } | { readonly reason: string } {
  const named = process.env["VK_ICD_FILENAMES"] ?? process.env["VK_DRIVER_FILES"];
  if (named !== undefined) return { env: {} };
  if (existsSync(swiftshader)) return { env: { VK_ICD_FILENAMES: swiftshader } };
  return { reason: `${swiftshader} is missing (Debian: apt-get install chromium libvulkan1), and VK_ICD_FILENAMES names no other driver` };
}
