import type { InputRange } from "./int8-weights.ts";

/**
 * Where the scales of int8 matrices' inputs come from. static: from calibration, one per input. per-row: each row's own
 * magnitude, computed as the model runs. mix: static for normed inputs, whose magnitude hardly varies, and per-row for
 * the outputs of attention and of the MLP's middle.
 */
export type Activations = (typeof activationKinds)[number];

/** Every kind. */
export const activationKinds = ["mix", "static", "per-row"] as const;

/** Static ranges are this much wider than what calibration saw. */
const headRoom = 1.1;

/** The range of each matrix's input, from the largest magnitudes that calibration saw. */
export function inputRange(activations: Activations, seen: ReadonlyMap<string, number>): InputRange {
  return (matrix) => {
    if (activations === "per-row" || (activations === "mix" && /\.(o_proj|down_proj)$/.test(matrix))) return undefined;
    const most = seen.get(matrix);
    if (most === undefined) throw new RangeError(`Calibration saw no input of ${matrix}.`);
    // An input that was always zero still needs a scale that can be divided by.
    return Math.max(headRoom * most, 1e-30);
  };
}
