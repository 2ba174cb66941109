/** The files beside an .onnx file that hold its weights, found without reading the weights. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What is wrong with the files that `file` keeps its weights in, and what to do; undefined when nothing is, or when `file` itself is damaged. */
export function externalDataFault(file: string): string | undefined {
  let needs: ReadonlyMap<string, number>;
  try {
    needs = externalData(file);
  } catch {
    return undefined;
  }
  for (const [location, bytes] of needs) {
    const path = join(dirname(file), location);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return `${file} keeps weights in ${path}, which is missing. Download it and put it there.`;
    if (found.size < bytes) {
      return `${file} keeps weights in ${path}, which has ${found.size} bytes; expected ${bytes} or more. Download it again, whole (a Git LFS pointer is not the file).`;
    }
  }
  return undefined;
}

/** Location and least size of each file that initializers refer to. Field numbers are those of onnx.proto. Throws RangeError when it is no protobuf. */
function externalData(file: string): Map<string, number> {
  const handle = openSync(file, "r");
  try {
    const bytes = windowed(handle);
    const needs = new Map<string, number>();
    const { size } = statSync(file);
    for (const graph of fields(bytes, 0, size, 7)) {
      for (const tensor of fields(bytes, graph.start, graph.end, 5)) {
        const entries: Record<string, string> = {};
        for (const entry of fields(bytes, tensor.start, tensor.end, 13)) {
          const [key, value] = [1, 2].map((field) =>
            [...fields(bytes, entry.start, entry.end, field)].map((at) => text(bytes, at)).join(""),
          );
          if (key !== undefined && value !== undefined) entries[key] = value;
        }
        const { location, offset = "0", length = "0" } = entries as { location?: string; offset?: string; length?: string };
        if (location !== undefined) needs.set(location, Math.max(needs.get(location) ?? 0, Number(offset) + Number(length)));
      }
    }
    return needs;
  } finally {
    closeSync(handle);
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

type ByteAt = (position: number) => number;

/** Where the bodies of a message's length-delimited fields of that number lie; other fields are skipped. */
function* fields(byteAt: ByteAt, start: number, end: number, wanted: number): Generator<Span> {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = byteAt(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      if (scale > 2 ** 63) throw new RangeError("A varint is too long.");
    }
  };
  while (at < end) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      const body = { start: at, end: at + length };
      if (body.end > end) throw new RangeError("A field is longer than its message.");
      if (Math.floor(tag / 8) === wanted) yield body;
      at = body.end;
    } else throw new RangeError("A field has an unknown kind.");
  }
}

function text(byteAt: ByteAt, { start, end }: Span): string {
  return Buffer.from(Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i))).toString();
}

/** Reads a file through a window, so that skipped weights stay on the disk. */
function windowed(handle: number): ByteAt {
  const window = Buffer.alloc(65536);
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
