import type { Shape } from "@lenity/onnx/testing";

/** The names of the shapes. */
export const shapeNames = ["smollm2-135m", "smollm2-360m", "llama-3.2-1b"] as const;

/** The name of a shape. */
export type ShapeName = (typeof shapeNames)[number];

/** The shapes of published models, from their config.json. */
export const shapes: Readonly<Record<ShapeName, Shape>> = {
  "smollm2-135m": {
    width: 576,
    layers: 30,
    heads: 9,
    groups: 3,
    headSize: 64,
    inner: 1536,
    vocabulary: 49152,
    context: 8192,
    tied: true,
  },
  "smollm2-360m": {
    width: 960,
    layers: 32,
    heads: 15,
    groups: 5,
    headSize: 64,
    inner: 2560,
    vocabulary: 49152,
    context: 8192,
    tied: true,
  },
  "llama-3.2-1b": {
    width: 2048,
    layers: 16,
    heads: 32,
    groups: 8,
    headSize: 64,
    inner: 8192,
    vocabulary: 128256,
    context: 131072,
    tied: true,
  },
};
