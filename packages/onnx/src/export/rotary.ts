/** Rotary position embedding: the rotation of each pair of a head's values at each position. */
import type { LenityError } from "@lenity/core";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";

/**
 * Frequencies divided by a factor: all of them, or (llama3) those with wavelengths that are long compared to the
 * original training context.
 */
export type RotaryScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    };

/** How fast a head's pairs rotate. */
export interface RotaryConfig {
  /** Pair i rotates by theta^(−2i / head size) per position. */
  readonly theta: number;
  /** How the frequencies are scaled; undefined when they are not. */
  readonly scaling: RotaryScaling | undefined;
}

/**
 * Reads rope_parameters of newer configs, or rope_theta and rope_scaling of older ones. Throws errors made by `refuse`.
 */
export function readRotary(
  raw: Readonly<Record<string, unknown>>,
  refuse: (what: string) => LenityError,
): RotaryConfig {
  const place = raw["rope_parameters"] != null ? "rope_parameters" : "rope_scaling";
  const rope = (raw[place] ?? {}) as Readonly<Record<string, unknown>>;
  const number = (key: string, value: unknown): number => {
    if (typeof value !== "number" || !(value > 0)) throw refuse(`no number "${key}" (${place})`);
    return value;
  };
  if (Object.values(rope).some((value) => typeof value === "object" && value !== null)) {
    throw refuse(`rotary positions of several kinds (${place})`);
  }
  const partial = rope["partial_rotary_factor"] ?? raw["partial_rotary_factor"] ?? 1;
  if (partial !== 1)
    throw refuse(`rotary positions on a part of each head (partial_rotary_factor ${JSON.stringify(partial)})`);
  const theta = number("rope_theta", rope["rope_theta"] ?? raw["rope_theta"] ?? 10000);
  const type = rope["rope_type"] ?? rope["type"] ?? "default";
  if (type === "default") return { theta, scaling: undefined };
  if (type !== "linear" && type !== "llama3")
    throw refuse(`rotary positions scaled by ${JSON.stringify(type)} (${place})`);
  const factor = number("factor", rope["factor"]);
  if (type === "linear") return { theta, scaling: { type, factor } };
  const of = (key: string) => number(key, rope[key]);
  return {
    theta,
    scaling: {
      type,
      factor,
      lowFrequencyFactor: of("low_freq_factor"),
      highFrequencyFactor: of("high_freq_factor"),
      originalContext: of("original_max_position_embeddings"),
    },
  };
}

/** Writes the tables `cos` and `sin` [context, head size / 2]. */
export function rotaryTables(
  graph: GraphBuilder,
  { context, headSize, theta, scaling }: RotaryConfig & { readonly context: number; readonly headSize: number },
): void {
  const half = headSize / 2;
  const turns = Array.from({ length: half }, (_, i) => scaled(theta ** (-i / half), scaling));
  const table = (of: (angle: number) => number) => () => {
    const values = new Float32Array(context * half);
    for (let position = 0; position < context; position++) {
      for (let i = 0; i < half; i++) values[position * half + i] = of(position * (turns[i] as number));
    }
    return values;
  };
  graph.weights("cos", table(Math.cos), [context, half], "float32");
  graph.weights("sin", table(Math.sin), [context, half], "float32");
}

function scaled(frequency: number, scaling: RotaryScaling | undefined): number {
  if (scaling === undefined) return frequency;
  if (scaling.type === "linear") return frequency / scaling.factor;
  // Depends on how many wavelengths fit in the original context: with few, the frequency is divided by the whole
  // factor; with many, it is unchanged; in between, a blend.
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  const waves = (originalContext * frequency) / (2 * Math.PI);
  const kept = Math.min(1, Math.max(0, (waves - low) / (high - low)));
  return frequency * (kept + (1 - kept) / factor);
}
