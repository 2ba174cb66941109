import type { HiddenKind } from "./model.ts";

/** Whether a value names a kind of hidden state. Layers count from 1. */
export function isHiddenKind(value: unknown): value is HiddenKind {
  return typeof value === "string" && /^(pre-norm|post-norm|layer-[1-9]\d*(-norm)?)$/.test(value);
}

/** The number of the layer that a kind names; undefined for pre-norm and post-norm. */
export function layerOf(kind: HiddenKind): number | undefined {
  const [, layer] = /^layer-(\d+)/.exec(kind) ?? [];
  return layer === undefined ? undefined : Number(layer);
}
