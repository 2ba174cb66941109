import type { Evidence } from "./evidence.ts";
import type { Measure, RowKind } from "./reading.ts";

/** Whether a divergence is below a threshold. Where it is known only between bounds: whether it surely is. */
export function closer(
  target: Evidence,
  at: number,
  drafter: Evidence,
  measure: Measure,
  threshold: number,
  kind: RowKind,
): boolean {
  return (
    target.below?.(at, drafter, measure, threshold, kind) ?? target.divergence(at, drafter, measure, kind) < threshold
  );
}
