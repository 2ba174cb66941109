import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LenityError } from "@lenity/core";
import { toFloat32 } from "../graph/float-tensors.ts";

/** Named tensors on disk, converted to float32 when read. */
export interface Tensors {
  readonly names: readonly string[];
  /**
   * Returns a function that reads the tensor, in row-major order. Checks right away that the tensor exists, is complete
   * and has that shape; throws `model_files` otherwise.
   */
  find(name: string, shape: readonly number[]): () => Float32Array;
  /** Closes the files. */
  close(): void;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const elementSize: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };
/** The format's size limit for headers. */
const longestHeader = 100_000_000;

/**
 * Opens a file with F32, F16 or BF16 tensors of any size: only its header is read. Throws `model_files` when it is
 * missing or damaged.
 */
export function openSafetensors(file: string): Tensors {
  const damaged = (why: string, cause?: unknown) =>
    new LenityError(
      "model_files",
      `${file} cannot be read: ${why}. Expected a safetensors file; download or save it again.`,
      { cause },
    );
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (cause) {
    throw damaged("it is missing or unreadable", cause);
  }
  try {
    const { size } = fstatSync(handle);
    const prefix =
      size < 8 ? Number.POSITIVE_INFINITY : Number(Buffer.from(readAt(handle, 0, 8).buffer).readBigUInt64LE());
    if (prefix > Math.min(size - 8, longestHeader)) throw damaged("its header is cut off");
    const begin = 8 + prefix;
    const header = parse(readAt(handle, 8, prefix), damaged);
    return {
      names: Object.keys(header).filter((name) => name !== "__metadata__"),
      find(name, shape) {
        const entry = header[name];
        if (entry === undefined) throw damaged(`the tensor ${name} is missing`);
        if (!isEntry(entry)) throw damaged(`its header has no position for the tensor ${name}`);
        const {
          dtype,
          shape: found,
          data_offsets: [start, end],
        } = entry;
        if (found.join() !== shape.join())
          throw damaged(`the tensor ${name} has shape [${found}]; expected [${shape}] from config.json`);
        const bytes = elementSize[dtype];
        if (bytes === undefined) throw damaged(`the tensor ${name} has type ${dtype}; expected F32, F16 or BF16`);
        const length = shape.reduce((product, size) => product * size, bytes);
        if (end - start !== length || begin + end > size) throw damaged(`the tensor ${name} is cut off`);
        return () => convert(dtype, readAt(handle, begin + start, length));
      },
      close: () => closeSync(handle),
    };
  } catch (error) {
    closeSync(handle);
    throw error instanceof LenityError ? error : damaged("it is not a readable file", error);
  }
}

function parse(
  bytes: Uint8Array,
  damaged: (why: string, cause?: unknown) => LenityError,
): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw damaged("its header is not JSON", cause);
  }
  if (typeof header === "object" && header !== null) return header as Record<string, unknown>;
  throw damaged("its header is not an object");
}

function isEntry(value: unknown): value is Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Entry>;
  const counts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => Number.isSafeInteger(one) && one >= 0);
  return typeof dtype === "string" && counts(shape) && counts(offsets) && offsets.length === 2;
}

/** Reads into a new buffer, so that the content is aligned. Systems read at most 2 GiB per call. */
function readAt(handle: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(handle, bytes, done, Math.min(length - done, 2 ** 30), position + done);
    if (read === 0)
      throw new LenityError("model_files", "A safetensors file became shorter while it was being read. Export again.");
    done += read;
  }
  return bytes;
}

function convert(type: string, { buffer }: Uint8Array<ArrayBuffer>): Float32Array {
  if (type === "F32") return new Float32Array(buffer);
  const bits = new Uint16Array(buffer);
  if (type === "F16") return toFloat32(bits);
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = (bits[i] as number) << 16;
  return new Float32Array(out.buffer);
}
