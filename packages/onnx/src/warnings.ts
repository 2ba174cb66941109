import type { Device } from "./device/devices.ts";
import type { Variant } from "./dtypes.ts";
import type { SelfCheck } from "./self-check.ts";

/** Variants whose activations are quantised with one scale for a whole block, as a rule. */
const leaky: ReadonlySet<string> = new Set(["q8", "int8", "uint8"]);

/** What a user must know before trusting a loaded file, one line each. `variants` are those of its folder. */
export function warningsOf(file: string, check: SelfCheck, variants: readonly Variant[], device: Device = "cpu"): string[] {
  return [...leakage(file, check, variants), ...inexactness(file, device, check)];
}

/** On the CPU, the self-check tells it of files that quantise whole blocks, which leak as well. */
function inexactness(file: string, device: Device, { blockDifference, spread }: SelfCheck): string[] {
  if (device === "cpu" || blockDifference === 0) return [];
  return [
    `${file}: on ${device} tokens are scored a little differently in a block and one by one (by ${blockDifference.toPrecision(2)} where logits span ${spread.toPrecision(2)}), so strict verification equals plain decoding only up to that: a near tie may fall the other way. On the CPU they are equal to the bit.`,
  ];
}

function leakage(file: string, check: SelfCheck, variants: readonly Variant[]): string[] {
  if (check.leak === 0) return [];
  const others = variants.filter(({ dtype, path }) => !leaky.has(dtype) && !file.endsWith(path)).map(({ dtype }) => dtype);
  const advice =
    others.length > 0 ? `the folder's variant ${others.join(" or ")} (by dtype)` : "a float32, float16 or 4-bit variant of the model";
  const size = `by ${check.leak.toPrecision(2)} where logits span ${check.spread.toPrecision(2)}`;
  return [
    `${file}: a later token changes the scores of earlier ones (${size}), so drafted tokens leak into the verdict on those before them: strict verification is not lossless with this file. Take ${advice} instead.`,
  ];
}
