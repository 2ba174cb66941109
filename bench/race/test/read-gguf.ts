/** Reads GGUF files, written from the format's description and not from the writer. */
import { readFileSync } from "node:fs";

export interface ReadGguf {
  readonly values: ReadonlyMap<string, unknown>;
  /** ne: ggml's order, the fastest dimension first. */
  readonly tensors: ReadonlyMap<
    string,
    { readonly ne: readonly number[]; readonly type: number; readonly bytes: DataView }
  >;
}

export function readGguf(file: string): ReadGguf {
  const whole = readFileSync(file);
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  let at = 0;
  const u32 = () => view.getUint32((at += 4) - 4, true);
  const u64 = () => Number(view.getBigUint64((at += 8) - 8, true));
  const string = () => {
    const length = u64();
    at += length;
    return whole.toString("utf8", at - length, at);
  };
  const value = (type: number): unknown => {
    if (type === 4) return u32();
    if (type === 5) return view.getInt32((at += 4) - 4, true);
    if (type === 6) return view.getFloat32((at += 4) - 4, true);
    if (type === 8) return string();
    if (type !== 9) throw new Error(`type ${type}`);
    const [items, count] = [u32(), u64()];
    return Array.from({ length: count }, () => value(items));
  };
  if (u32() !== 0x46554747 || u32() !== 3) throw new Error("not GGUF 3");
  const [tensorCount, valueCount] = [u64(), u64()];
  const values = new Map(Array.from({ length: valueCount }, () => [string(), value(u32())] as const));
  const infos = Array.from({ length: tensorCount }, () => {
    const name = string();
    const ne = Array.from({ length: u32() }, u64);
    return { name, ne, type: u32(), offset: u64() };
  });
  const begin = Math.ceil(at / 32) * 32;
  const tensors = infos.map(({ name, ne, type, offset }) => {
    if (offset % 32 !== 0) throw new Error(`${name} is not aligned`);
    const bytes = new DataView(whole.buffer, whole.byteOffset + begin + offset);
    return [name, { ne, type, bytes }] as const;
  });
  return { values, tensors: new Map(tensors) };
}

/** A float16 as a number. */
export function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >>> 10) & 31, bits & 1023];
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
