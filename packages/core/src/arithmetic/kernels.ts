import {
  assemble,
  type Code,
  type Func,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  i32x4,
  set,
  tee,
  upperHalf,
  walk,
} from "./assembler.ts";

/** Logits per block: a block of p, a block of q and the kernels' results fit into the L1 cache. */
export const blockLength = 4096;

/** Kernels read logits in strides of this many. */
export const stride = 32;

/** Offsets in the kernels' memory, in bytes: a block of p, a block of q, the results of `range`. */
export const layout: { readonly p: number; readonly q: number; readonly range: number } = {
  p: 0,
  q: 4 * blockLength,
  range: 8 * blockLength,
};

/**
 * Loops over blocks of logits, from address `at` to address `end`; `highest` is subtracted first, `scale` is log₂e /
 * temperature. They are accurate for (logit − highest)·scale from −120 to 0.
 */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * Four maxima, four minima and four sums, which the caller reduces. A NaN among the logits shows only in the sums.
   */
  range(at: number, end: number): void;
  /** Σ e^x. */
  sum(at: number, end: number, highest: number, scale: number): number;
  /** Σ e^x · ((p − highest) − (q − highestOfQ)), with q's block at its offset. */
  cross(at: number, end: number, highest: number, scale: number, highestOfQ: number): number;
  /** Replaces each logit by e^x · factor. */
  row(at: number, end: number, highest: number, scale: number, factor: number): void;
}

/** The module's bytes; about 3 KB. */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  return assemble([range, sum, cross, row], 1);
}

/**
 * e^x = 2^t = 2^n · 2^f with n the nearest whole number to t and f from −½ to ½. 2^f is a minimax polynomial of degree
 * 5 with a relative error below 1e-7, as a product of its real factors, which saves multiplications: (f² + a₁f + b₁)(f²
 * + a₂f + b₂)(f + c) / power(0). With single-precision rounding the error stays below 4e-7, and e^0 is exactly 1.
 */
const factors = {
  a1: 4.798182487487793,
  b1: 11.668548583984375,
  a2: -0.6789061427116394,
  b2: 20.36895751953125,
  c: 3.171874761581421,
};
const atZero = Math.fround(Math.fround(factors.b1 * factors.b2) * factors.c);
/** Adding this to a small number leaves the nearest whole number in the low bits of the sum. */
const rounder = 1.5 * 2 ** 23;

/** The locals of the exponential kernels: five parameters (some unused), then vectors. */
const [at, end] = [0, 1];
const [highest, scale, extra] = [5, 6, 7];
const [x, t, total, part] = [8, 9, 10, 11];
const constants = { rounder: 12, a1: 13, b1: 14, a2: 15, b2: 16, c: 17 };
const vectors = 13;

const prologue: Code = [
  ...[2, 3, 4].flatMap((parameter, i) => [...get(parameter), ...f32x4.splat, ...set(highest + i)]),
  ...Object.entries({ rounder, ...factors }).flatMap(([name, value]) => [
    ...f32x4.const(value),
    ...set(constants[name as keyof typeof constants]),
  ]),
];

/** Pushes e^x · atZero of four logits; leaves `logit − highest` in local x. */
const exponential = (offset: number): Code => [
  ...[
    ...get(at),
    ...f32x4.load(offset),
    ...get(highest),
    ...f32x4.sub,
    ...tee(x),
    ...get(scale),
    ...f32x4.mul,
    ...tee(t),
  ],
  ...[...get(constants.rounder), ...f32x4.add, ...set(part)],
  ...[...get(t), ...get(part), ...get(constants.rounder), ...f32x4.sub, ...f32x4.sub, ...set(t)],
  ...[...get(t), ...get(constants.a1), ...f32x4.add, ...get(t), ...f32x4.mul, ...get(constants.b1), ...f32x4.add],
  ...[
    ...get(t),
    ...get(constants.a2),
    ...f32x4.add,
    ...get(t),
    ...f32x4.mul,
    ...get(constants.b2),
    ...f32x4.add,
    ...f32x4.mul,
  ],
  ...[...get(t), ...get(constants.c), ...f32x4.add, ...f32x4.mul],
  ...[...get(part), ...i32.const(23), ...i32x4.shiftLeft, ...i32x4.add],
];

const everyFour = <T>(of: (offset: number) => T): T[] => Array.from({ length: stride / 4 }, (_, i) => of(16 * i));

/** Sums a stride of terms in single precision and the strides in double precision. */
const summing = (name: string, term: (offset: number) => Code): Func => ({
  name,
  parameters: ["i32", "i32", "f32", "f32", "f32"],
  returns: "f64",
  vectors,
  code: [
    ...prologue,
    ...walk(at, end, 4 * stride, [
      ...everyFour((offset) => [...term(offset), ...(offset === 0 ? [] : f32x4.add)]).flat(),
      ...[...tee(part), ...f64x2.promote, ...get(part), ...get(part), ...upperHalf, ...f64x2.promote, ...f64x2.add],
      ...[...get(total), ...f64x2.add, ...set(total)],
    ]),
    ...[
      ...get(total),
      ...f64x2.lane(0),
      ...get(total),
      ...f64x2.lane(1),
      ...f64.add,
      ...f64.const(1 / atZero),
      ...f64.mul,
    ],
  ],
});

const sum: Func = summing("sum", exponential);

const cross: Func = summing("cross", (offset) => [
  ...exponential(offset),
  ...[
    ...get(x),
    ...get(at),
    ...f32x4.load(layout.q - layout.p + offset),
    ...get(extra),
    ...f32x4.sub,
    ...f32x4.sub,
    ...f32x4.mul,
  ],
]);

const row: Func = {
  name: "row",
  parameters: ["i32", "i32", "f32", "f32", "f32"],
  returns: undefined,
  vectors,
  code: [
    ...prologue,
    ...walk(
      at,
      end,
      4 * stride,
      // Dividing keeps e^0 exactly 1.
      everyFour((offset) => [
        ...[
          ...get(at),
          ...exponential(offset),
          ...f32x4.const(atZero),
          ...f32x4.div,
          ...get(extra),
          ...f32x4.mul,
          ...f32x4.store(offset),
        ],
      ]).flat(),
    ),
  ],
};

/** Four of each, so that no operation waits for the previous one. */
const range: Func = (() => {
  const logit = 2;
  const kinds = [
    { first: 3, operation: f32x4.max },
    { first: 7, operation: f32x4.min },
    { first: 11, operation: f32x4.add },
  ];
  const each = (of: (kind: (typeof kinds)[number], i: number) => Code): number[] =>
    kinds.flatMap((kind, i) => [...of(kind, i)]);
  return {
    name: "range",
    parameters: ["i32", "i32"],
    returns: undefined,
    vectors: 13,
    code: [
      ...[...get(at), ...f32x4.load(0), ...set(logit)],
      ...each(({ first }) => [0, 1, 2, 3].flatMap((i) => [...get(logit), ...set(first + i)])),
      ...walk(
        at,
        end,
        4 * stride,
        everyFour((offset) => [
          ...[...get(at), ...f32x4.load(offset), ...set(logit)],
          ...each(({ first, operation }) => {
            const kept = first + ((offset / 16) % 4);
            return [...get(logit), ...get(kept), ...operation, ...set(kept)];
          }),
        ]).flat(),
      ),
      ...each(({ first, operation }, i) => [
        ...i32.const(layout.range),
        ...[
          ...get(first),
          ...get(first + 1),
          ...operation,
          ...get(first + 2),
          ...operation,
          ...get(first + 3),
          ...operation,
        ],
        ...f32x4.store(16 * i),
      ]),
    ],
  };
})();
