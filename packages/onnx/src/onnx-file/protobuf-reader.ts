/** Reads protobuf messages in place. Unused fields are skipped, so weights stay on disk. */

/** The byte at a position. Throws RangeError beyond the end. */
export type ByteAt = (position: number) => number;

/** The bytes from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One field of a message: its number if it is a varint, else the span of its body. */
export type Field = { readonly field: number } & ({ readonly value: number } | { readonly body: Span });

/**
 * The fields of a message, in order; numbers are read as unsigned. Throws RangeError when the bytes are not protobuf or
 * are cut off.
 */
export function* fields(byteAt: ByteAt, { start, end }: Span): Generator<Field> {
  const cursor = { at: start };
  while (cursor.at < end) {
    const tag = varint(byteAt, cursor);
    const field = Math.floor(tag / 8);
    const kind = tag % 8;
    if (kind === 0) {
      yield { field, value: varint(byteAt, cursor) };
      continue;
    }
    const length = kind === 1 ? 8 : kind === 5 ? 4 : kind === 2 ? varint(byteAt, cursor) : Number.NaN;
    if (field === 0 || Number.isNaN(length)) throw new RangeError("A field has an unknown kind.");
    const body = { start: cursor.at, end: cursor.at + length };
    if (body.end > end) throw new RangeError("A field is longer than its message.");
    yield { field, body };
    cursor.at = body.end;
  }
}

/** The numbers of a packed repeated field. */
export function* packed(byteAt: ByteAt, { start, end }: Span): Generator<number> {
  for (const cursor = { at: start }; cursor.at < end; ) yield varint(byteAt, cursor);
}

function varint(byteAt: ByteAt, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = byteAt(cursor.at++);
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    if (scale > 2 ** 63) throw new RangeError("A varint is too long.");
  }
}

/** The bodies of a message's fields with that number. */
export function* bodies(byteAt: ByteAt, span: Span, field: number): Generator<Span> {
  for (const one of fields(byteAt, span)) if (one.field === field && "body" in one) yield one.body;
}

/** The bytes of a span as UTF-8. */
export function text(byteAt: ByteAt, { start, end }: Span): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i)),
  );
}
