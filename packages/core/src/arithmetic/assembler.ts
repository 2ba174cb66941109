/**
 * The part of a WebAssembly assembler that the kernels need. Each function returns the bytes of one or more
 * instructions.
 */
export type Code = readonly number[];

/** An unsigned number in LEB128. */
function unsigned(value: number): number[] {
  const low = value & 127;
  return value < 128 ? [low] : [low | 128, ...unsigned(value >>> 7)];
}

/** A signed number in LEB128. */
function signed(value: number): number[] {
  const low = value & 127;
  return value >= -64 && value < 64 ? [low] : [low | 128, ...signed(value >> 7)];
}

const bytesOf = (numbers: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>): number[] => [
  ...new Uint8Array(numbers.buffer),
];
const simd = (opcode: number, ...immediate: number[]): Code => [0xfd, ...unsigned(opcode), ...immediate];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];

type Instruction = (immediate: number) => Code;

export const i32: { readonly const: Instruction; readonly lessThan: Code; readonly add: Code } = {
  const: (value) => [0x41, ...signed(value)],
  lessThan: [0x49],
  add: [0x6a],
};
export const f64: { readonly const: Instruction; readonly add: Code; readonly mul: Code } = {
  const: (value) => [0x44, ...bytesOf(Float64Array.of(value))],
  add: [0xa0],
  mul: [0xa2],
};

/** Four single-precision numbers at once. `min(a, b)` is b where b < a, `max(a, b)` is b where a < b; otherwise a. */
export const f32x4: Readonly<Record<"load" | "store" | "const", Instruction>> &
  Readonly<Record<"splat" | "add" | "sub" | "mul" | "div" | "min" | "max", Code>> = {
  load: (offset) => simd(0x00, 4, ...unsigned(offset)),
  store: (offset) => simd(0x0b, 4, ...unsigned(offset)),
  const: (value) => simd(0x0c, ...bytesOf(Float32Array.of(value, value, value, value))),
  splat: simd(0x13),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  min: simd(0xea),
  max: simd(0xeb),
};
export const i32x4: { readonly shiftLeft: Code; readonly add: Code } = { shiftLeft: simd(0xab), add: simd(0xae) };
/** Two double-precision numbers; `promote` converts the first two of four single-precision ones. */
export const f64x2: { readonly lane: Instruction; readonly add: Code; readonly promote: Code } = {
  lane: (index) => simd(0x21, index),
  add: simd(0xf0),
  promote: simd(0x5f),
};
/** The upper half of the first of two vectors, twice. */
export const upperHalf: Code = simd(0x0d, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);

/**
 * Runs the body, which walks from address `at` to address `end` (two i32 locals) in steps of the given number of bytes,
 * at least once.
 */
export const walk = (at: number, end: number, step: number, body: Code): Code => [
  ...[0x03, 0x40, ...body],
  ...[...get(at), ...i32.const(step), ...i32.add, ...tee(at), ...get(end), ...i32.lessThan, 0x0d, 0x00, 0x0b],
];

/** A function. Its locals are its parameters followed by the vectors. */
export interface Func {
  readonly name: string;
  readonly parameters: readonly ("i32" | "f32")[];
  readonly returns: "f64" | undefined;
  readonly vectors: number;
  readonly code: Code;
}

const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (body: Code): number[] => [...unsigned(body.length), ...body];

/** A module that exports the functions and a memory of the given number of 64 KB pages. */
export function assemble(functions: readonly Func[], pages: number): Uint8Array<ArrayBuffer> {
  const name = (text: string): number[] => sized([...new TextEncoder().encode(text)]);
  const signature = ({ parameters, returns }: Func): Code => [
    0x60,
    ...list(parameters.map((type) => [types[type]])),
    ...list(returns === undefined ? [] : [[types[returns]]]),
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, ...sized(list(functions.map(signature)))],
    ...[3, ...sized(list(functions.map((_, i) => unsigned(i))))],
    ...[5, ...sized([1, 0, ...unsigned(pages)])],
    ...[
      7,
      ...sized(list([[...name("memory"), 2, 0], ...functions.map((f, i) => [...name(f.name), 0, ...unsigned(i)])])),
    ],
    ...[10, ...sized(list(functions.map((f) => sized([1, ...unsigned(f.vectors), types.v128, ...f.code, 0x0b]))))],
  ]);
}
