/**
 * A file's graph without the values of its large tensors, each replaced by a reference to where they lie in the file.
 * ONNX Runtime maps such values into memory, where it copies those that are in the graph itself.
 */
import { type ByteAt, bodies, fields, type Span } from "./protobuf-reader.ts";
import { integer, type Message, message, nested } from "./protobuf-writer.ts";

/** Smaller tensors stay in the graph, since the runtime reads some of them to infer shapes. */
const least = 4096;

/** Reads the bytes of a span. */
export type ReadSpan = (span: Span) => Uint8Array;

/** Writes a file of `bytes` bytes that way. `location` is its name for the runtime. */
export function withStoredTensors(byteAt: ByteAt, read: ReadSpan, bytes: number, location: string): Message {
  const model = message();
  for (const one of fields(byteAt, { start: 0, end: bytes })) {
    if ("value" in one) integer(model, one.field, one.value);
    else if (one.field !== 7) nested(model, one.field, read(one.body));
    else nested(model, 7, storedGraph(byteAt, read, one.body, location));
  }
  return model;
}

function storedGraph(byteAt: ByteAt, read: ReadSpan, span: Span, location: string): Message {
  const graph = message();
  for (const part of fields(byteAt, span)) {
    if ("value" in part) integer(graph, part.field, part.value);
    else if (part.field === 5) nested(graph, 5, storedTensor(byteAt, read, part.body, location));
    else nested(graph, part.field, read(part.body));
  }
  return graph;
}

function storedTensor(byteAt: ByteAt, read: ReadSpan, span: Span, location: string): Message | Uint8Array {
  let values: Span | undefined;
  for (const body of bodies(byteAt, span, 9)) values = body;
  if (values === undefined || values.end - values.start < least) return read(span);
  const tensor = message();
  for (const part of fields(byteAt, span)) {
    if ("value" in part) integer(tensor, part.field, part.value);
    else if (part.field !== 9) nested(tensor, part.field, read(part.body));
  }
  const length = values.end - values.start;
  for (const [key, value] of Object.entries({ location, offset: values.start, length })) {
    const entry = message();
    nested(entry, 1, key);
    nested(entry, 2, String(value));
    nested(tensor, 13, entry);
  }
  integer(tensor, 14, 1);
  return tensor;
}
