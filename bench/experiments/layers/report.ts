import type { HiddenKind } from "@lenity/core";
import type { Point } from "../harness/point.ts";
import type { ProblemSet } from "../harness/problems.ts";

export interface LayersReport {
  readonly problems: ProblemSet;
  readonly draftTokens: number;
  readonly strict: Point;
  readonly kinds: readonly LayerReport[];
}

/** A judge that reads one kind of hidden state. */
export interface LayerReport {
  readonly kind: HiddenKind;
  readonly layer: number;
  /** After the norm that follows the layer. */
  readonly normed: boolean;
  /** Of the ROC curve, on mismatches in held-out problems. */
  readonly area: number;
  readonly points: readonly { readonly threshold: number; readonly point: Point }[];
}
