/** A known number of bytes that are made when they are written, so that a model's weights need not all be in memory. */
export interface LateBytes {
  readonly size: number;
  make(): Uint8Array;
}

/**
 * The body of a protobuf message, in pieces that are written one after another, so that weights are never copied into a
 * larger buffer.
 */
export interface Message {
  readonly pieces: (Uint8Array | LateBytes)[];
  /** Total bytes of all pieces. */
  size: number;
}

/** An empty message. */
export function message(): Message {
  return { pieces: [], size: 0 };
}

/** Adds an integer field (int32, int64 or enum). */
export function integer(to: Message, field: number, value: number): void {
  push(to, varint(field << 3));
  push(to, varint(value));
}

/** Adds a 32-bit float field. */
export function float(to: Message, field: number, value: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  push(to, varint((field << 3) | 5));
  push(to, bytes);
}

/** Adds a length-delimited field: bytes, text (as UTF-8) or a nested message. */
export function nested(to: Message, field: number, value: Uint8Array | LateBytes | string | Message): void {
  const body = typeof value === "string" ? new TextEncoder().encode(value) : value;
  push(to, varint((field << 3) | 2));
  push(to, varint(body instanceof Uint8Array ? body.length : body.size));
  if ("pieces" in body) for (const piece of body.pieces) push(to, piece);
  else push(to, body);
}

/** The bytes of a message, piece by piece. */
export function* bytesOf({ pieces }: Message): Generator<Uint8Array> {
  for (const piece of pieces) yield piece instanceof Uint8Array ? piece : piece.make();
}

/** The bytes of a message in one piece. */
export function wholeOf(message: Message): Uint8Array {
  const whole = new Uint8Array(message.size);
  let at = 0;
  for (const piece of bytesOf(message)) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function push(to: Message, piece: Uint8Array | LateBytes): void {
  to.pieces.push(piece);
  to.size += piece instanceof Uint8Array ? piece.length : piece.size;
}

/** Base 128, least significant group first. Negative numbers are 64-bit two's complement, as protobuf requires. */
function varint(value: number): Uint8Array {
  let left = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const group = Number(left & 127n);
    left >>= 7n;
    bytes.push(left > 0n ? group | 128 : group);
  } while (left > 0n);
  return Uint8Array.from(bytes);
}
