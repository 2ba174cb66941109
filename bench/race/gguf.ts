/** Writes GGUF files, the format of llama.cpp (ggml/docs/gguf.md in github.com/ggml-org/ggml, version 3). */
import { closeSync, openSync, writeSync } from "node:fs";

/** Values of the header, by type. Strings and integers are told apart by the type that is named. */
export type GgufValue =
  | { readonly type: "uint32" | "int32" | "float32"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "int32s"; readonly value: readonly number[] };

/** How a tensor's numbers are stored. */
export type GgufKind = "f32" | "f16" | "q4_0" | "q8_0";

/** A tensor [rows, columns], or a vector [columns]. */
export interface GgufTensor {
  readonly name: string;
  readonly kind: GgufKind;
  /** As in other formats, the last one changes fastest. */
  readonly shape: readonly number[];
  /** The stored bytes; read when they are written, so that one tensor at a time is in memory. */
  readonly bytes: () => Uint8Array;
  /** How many bytes there are. */
  readonly size: number;
}

/** ggml's number of each kind. */
const kindNumbers: Readonly<Record<GgufKind, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 8 };
const valueNumbers = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 };
/** Tensors begin at multiples of this many bytes. */
const alignment = 32;
const aligned = (position: number): number => Math.ceil(position / alignment) * alignment;

/** Writes the header, then the tensors. */
export function writeGguf(
  file: string,
  values: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensor[],
): void {
  const header = headerOf(values, tensors);
  const handle = openSync(file, "w");
  try {
    let position = aligned(header.length);
    writeSync(handle, header, 0, header.length, 0);
    for (const { name, size, bytes } of tensors) {
      const stored = bytes();
      if (stored.length !== size) throw new RangeError(`${name} has ${stored.length} bytes; expected ${size}.`);
      for (let done = 0; done < size; ) done += writeSync(handle, stored, done, size - done, position + done);
      position += size;
      const padding = aligned(position) - position;
      writeSync(handle, new Uint8Array(padding), 0, padding, position);
      position += padding;
    }
  } finally {
    closeSync(handle);
  }
}

function headerOf(values: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): Buffer {
  const parts: Buffer[] = [Buffer.from("GGUF"), uint32(3), uint64(tensors.length), uint64(Object.keys(values).length)];
  for (const [key, value] of Object.entries(values)) parts.push(text(key), valueBytes(value));
  let offset = 0;
  for (const { name, kind, shape, size } of tensors) {
    const sizes = [...shape].reverse().map(uint64);
    parts.push(text(name), uint32(shape.length), ...sizes, uint32(kindNumbers[kind]), uint64(offset));
    offset = aligned(offset + size);
  }
  return Buffer.concat(parts);
}

function valueBytes(value: GgufValue): Buffer {
  switch (value.type) {
    case "string":
      return Buffer.concat([uint32(valueNumbers.string), text(value.value)]);
    case "strings":
      return array(valueNumbers.string, value.value.map(text));
    case "int32s":
      return array(valueNumbers.int32, value.value.map(int32));
    default:
      return Buffer.concat([uint32(valueNumbers[value.type]), number(value.type, value.value)]);
  }
}

const array = (type: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([uint32(valueNumbers.array), uint32(type), uint64(items.length), ...items]);

function number(type: "uint32" | "int32" | "float32", value: number): Buffer {
  if (type === "uint32") return uint32(value);
  if (type === "int32") return int32(value);
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)]);
