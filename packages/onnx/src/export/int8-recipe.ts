import type { InputRange } from "./int8-weights.ts";

/**
 * The source of scales for the inputs of int8 matrices. static: from calibration, one per input. per-row: from the
 * magnitude of each row, computed when the model runs. mix: static for normed inputs, whose magnitude hardly varies,
 * and per-row for the outputs of attention and of the MLP's hidden layer.
 */
export type Activations = (typeof activationKinds)[number];

/** All kinds of activations. */
export const activationKinds = ["mix", "static", "per-row"] as const;

/** The factor by which static ranges are wider than the calibrated ones. */
export const headRoom = 1.1;

/** The range of each matrix's input, from the largest magnitudes in the calibration. */
export function inputRange(activations: Activations, seen: ReadonlyMap<string, number>): InputRange {
  return (matrix) => {
    if (activations === "per-row" || (activations === "mix" && /\.(o_proj|down_proj)$/.test(matrix))) return undefined;
    const most = seen.get(matrix);
    if (most === undefined) throw new RangeError(`The calibration has no input of ${matrix}.`);
    // An input that was always zero still needs a nonzero scale.
    return Math.max(headRoom * most, 1e-30);
  };
}
