import { readFile } from "node:fs/promises";
import { LenityError } from "@lenity/core";
import { fromFloat16 } from "./float16.ts";

/** The tensors of a `.safetensors` file, converted to float32 when asked for. */
export interface TensorFile {
  readonly names: readonly string[];
  /** Values in row-major order; throws `model_files` when the tensor is missing or has another shape. */
  read(name: string, shape: readonly number[]): Float32Array;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Opens a file with F32, F16 or BF16 tensors. Throws `model_files` when it is missing or damaged. */
export async function readTensors(file: string): Promise<TensorFile> {
  const damaged = (why: string, cause?: unknown) =>
    new LenityError("model_files", `${file} cannot be read: ${why}. Expected a safetensors file; download or save it again.`, { cause });
  const bytes = await readFile(file).catch((cause) => {
    throw damaged("it is missing or not readable", cause);
  });
  const length = bytes.length < 8 ? Number.POSITIVE_INFINITY : Number(bytes.readBigUInt64LE(0));
  if (length > bytes.length - 8) throw damaged("its header is cut off");
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  } catch (cause) {
    throw damaged("its header is not JSON", cause);
  }
  return {
    names: Object.keys(header).filter((name) => name !== "__metadata__"),
    read(name, shape) {
      const entry = header[name];
      if (entry === undefined) throw damaged(`the tensor ${name} is missing`);
      if (entry.shape.join() !== shape.join()) throw damaged(`the tensor ${name} has shape [${entry.shape}], config.json says [${shape}]`);
      const [start, end] = entry.data_offsets;
      if (8 + length + end > bytes.length) throw damaged(`the tensor ${name} is cut off`);
      // A copy, because a view needs an aligned start.
      const raw = new Uint8Array(bytes.subarray(8 + length + start, 8 + length + end)).buffer;
      const values = convert(entry.dtype, raw);
      if (values === undefined) throw damaged(`the tensor ${name} is of type ${entry.dtype}; F32, F16 and BF16 are known`);
      return values;
    },
  };
}

function convert(type: string, raw: ArrayBuffer): Float32Array | undefined {
  if (type === "F32") return new Float32Array(raw);
  if (type === "F16") return Float32Array.from(new Uint16Array(raw), fromFloat16);
  if (type === "BF16") return new Float32Array(Uint32Array.from(new Uint16Array(raw), (bits) => bits << 16).buffer);
  return undefined;
}
