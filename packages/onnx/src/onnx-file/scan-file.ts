/** Scans .onnx files on disk. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LenityError } from "@lenity/core";
import type { ByteAt } from "./protobuf-reader.ts";
import { type OnnxScan, refusal, scanBytes } from "./scan.ts";

/** Scans a file. Throws `model_files` when it cannot be read, and the errors of `scanBytes`. */
export function scanOnnx(file: string): OnnxScan {
  let handle: number | undefined;
  try {
    handle = openSync(file, "r");
    return scanBytes(windowed(handle), file, fstatSync(handle).size);
  } catch (cause) {
    if (cause instanceof LenityError) throw cause;
    throw refusal(file, `cannot be read: ${(cause as Error).message.replace(/\.$/, "")}`, { cause });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Reads an open file through a window. */
function windowed(handle: number): ByteAt {
  const window = Buffer.alloc(16384);
  let from = 0;
  let length = 0;
  return (position) => {
    if (position < from || position >= from + length) {
      from = position;
      length = readSync(handle, window, 0, window.length, position);
    }
    const byte = position < from + length ? window[position - from] : undefined;
    if (byte === undefined) throw new RangeError("The file is cut off.");
    return byte;
  };
}
