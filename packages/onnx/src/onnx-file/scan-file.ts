/** Reads .onnx files on disk in part: their weights stay there. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { LenityError } from "@lenity/core";
import type { ByteAt, Span } from "./protobuf-reader.ts";
import { wholeOf } from "./protobuf-writer.ts";
import { type Edit, type OnnxScan, refusal, scanBytes } from "./scan.ts";
import { withStoredTensors } from "./stored-tensors.ts";

/** Scans a file. Throws `model_files` when it cannot be read, and the errors of `scanBytes`. */
export function scanOnnx(file: string): OnnxScan {
  return reading(file, (handle) => scanBytes(windowed(handle), file, fstatSync(handle).size));
}

/** The file, after these edits, as `withStoredTensors` writes it. Throws `model_files` when it cannot be read. */
export function readWithStoredTensors(file: string, location: string, edits: readonly Edit[]): Uint8Array {
  return reading(file, (handle) =>
    wholeOf(withStoredTensors(windowed(handle), spans(handle, edits), fstatSync(handle).size, location)),
  );
}

/** Writes the edits that lie in these bytes over them. They start at `position` of the file. */
export function edited<Bytes extends Uint8Array>(bytes: Bytes, position: number, edits: readonly Edit[]): Bytes {
  for (const edit of edits) {
    const at = edit.start - position;
    if (at >= 0 && at + edit.bytes.length <= bytes.length) bytes.set(edit.bytes, at);
  }
  return bytes;
}

function reading<Value>(file: string, read: (handle: number) => Value): Value {
  let handle: number | undefined;
  try {
    handle = openSync(file, "r");
    return read(handle);
  } catch (cause) {
    if (cause instanceof LenityError) throw cause;
    throw refusal(file, `cannot be read: ${(cause as Error).message.replace(/\.$/, "")}`, { cause });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Reads whole spans of an open file, after these edits. None may cross the border of a span. */
function spans(handle: number, edits: readonly Edit[]): (span: Span) => Uint8Array {
  return ({ start, end }) => {
    const bytes = new Uint8Array(end - start);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(handle, bytes, at, bytes.length - at, start + at);
      if (read === 0) throw new RangeError("The file is cut off.");
      at += read;
    }
    return edited(bytes, start, edits);
  };
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
