import { addScaled, dot } from "./vectors.ts";

/** A function's value at a point, and its gradient there. */
export interface Slope {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Steps that the method remembers. */
const memory = 10;

/**
 * The minimum of a smooth convex function, by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4) with
 * backtracking. Ends when no component of the gradient is above `tolerance`, or after `steps`.
 */
export function minimise(
  slope: (point: Float64Array) => Slope,
  start: Float64Array,
  { tolerance = 1e-4, steps = 1000 }: { readonly tolerance?: number; readonly steps?: number } = {},
): Float64Array {
  let point = start;
  let here = slope(point);
  const past: Step[] = [];
  for (let step = 0; step < steps && here.gradient.some((g) => Math.abs(g) > tolerance); step++) {
    const direction = descent(here.gradient, past);
    const fall = dot(direction, here.gradient);
    let length = past.length === 0 ? 1 / Math.max(1, Math.sqrt(-fall)) : 1;
    let next = along(point, direction, length);
    let there = slope(next);
    while (there.value > here.value + 1e-4 * length * fall) {
      length /= 2;
      if (length < 1e-12) return point; // as close as rounding allows
      next = along(point, direction, length);
      there = slope(next);
    }
    const moved = minus(next, point);
    const bend = minus(there.gradient, here.gradient);
    const curvature = dot(moved, bend);
    if (curvature > 0) past.push({ moved, bend, curvature });
    if (past.length > memory) past.shift();
    point = next;
    here = there;
  }
  return point;
}

/** A step taken, how the gradient changed over it, and the product of the two. */
interface Step {
  readonly moved: Float64Array;
  readonly bend: Float64Array;
  readonly curvature: number;
}

/** −H·gradient, where H is the estimate of the inverse Hessian from past steps. */
function descent(gradient: Float64Array, past: readonly Step[]): Float64Array {
  const direction = gradient.map((g) => -g);
  const shares: number[] = [];
  for (const { moved, bend, curvature } of past.toReversed()) {
    const share = dot(moved, direction) / curvature;
    shares.push(share);
    addScaled(direction, bend, -share);
  }
  const last = past.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / dot(last.bend, last.bend);
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) * scale;
  }
  for (const { moved, bend, curvature } of past)
    addScaled(direction, moved, (shares.pop() as number) - dot(bend, direction) / curvature);
  return direction;
}

const along = (point: Float64Array, direction: Float64Array, length: number): Float64Array =>
  point.map((x, i) => x + length * (direction[i] as number));

const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - (b[i] as number));
