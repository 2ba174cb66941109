import type { HiddenKind } from "@lenity/core";
import type { Variant } from "../folder/dtypes.ts";
import type { Device } from "../protocol/devices.ts";
import type { LoadReply } from "../protocol/protocol.ts";
import type { SelfCheck } from "./self-check.ts";

/** The measurements that warnings are about. */
type Check = Pick<SelfCheck, "blockDifference" | "leak" | "spread">;

/** Variants whose activations are usually quantised with one scale for a whole block. */
const leaky: ReadonlySet<string> = new Set(["q8", "int8", "uint8"]);

/** Warnings about a loaded file, one line each. `variants` are those in its folder. */
export function warningsOf(
  { file, device, lastOnly }: Pick<LoadReply, "file" | "device" | "lastOnly">,
  check: Check,
  variants: readonly Variant[],
): string[] {
  if (lastOnly) return [plainOnly(file), ...inexactness(file, device.name, check)];
  // A file that leaks also differs between blocks, for the same reason and with the same remedy.
  return check.leak > 0 ? leakage(file, check, variants) : inexactness(file, device.name, check);
}

/** Warnings about hidden states that were asked for at loading and that the model does not give. */
export function missingStates(
  { file, hidden, missing }: Pick<LoadReply, "file" | "hidden" | "missing">,
  asked: readonly HiddenKind[] = [],
): string[] {
  return asked
    .filter((kind) => hidden[kind] === undefined)
    .map((kind) => `${file}: policies that read ${kind} hidden states will be refused. ${missing.join(" ")}`);
}

function plainOnly(file: string): string {
  return `${file}: the graph scores only the last position of a block, so it cannot verify drafts: it decodes one token at a time, with a block length of 0. For speculative decoding, export it with the logits of all positions (onnxruntime-genai's builder: prune_lm_head=false).`;
}

function inexactness(file: string, device: Device, { blockDifference, spread }: Check): string[] {
  if (blockDifference === 0) return [];
  const where = device === "cpu" ? "" : `on ${device} `;
  const size = `by ${blockDifference.toPrecision(2)} where logits span ${spread.toPrecision(2)}`;
  return [
    `${file}: ${where}tokens are scored slightly differently in a block than one by one (${size}), so strict verification equals plain decoding only up to that difference: a near tie may go the other way.${device === "cpu" ? "" : " If the text must be the same, try the device cpu: lenity inspect shows whether the file is exact there."}`,
  ];
}

function leakage(file: string, check: Check, variants: readonly Variant[]): string[] {
  const others = variants
    .filter(({ dtype, path }) => !leaky.has(dtype) && !file.endsWith(path))
    .map(({ dtype }) => dtype);
  const advice =
    others.length > 0
      ? `the folder's variant ${others.join(" or ")} (by dtype)`
      : "a float32, float16 or 4-bit variant of the model";
  const size = `by ${check.leak.toPrecision(2)} where logits span ${check.spread.toPrecision(2)}`;
  return [
    `${file}: a later token changes the scores of earlier ones (${size}), so drafted tokens leak into the verification of those before them: strict verification is not lossless with this file. Use ${advice} instead.`,
  ];
}
