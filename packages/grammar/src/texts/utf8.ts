/** A character of which some bytes have been read, and the code points that it may still become. */
export interface Utf8Part {
  readonly first: number;
  readonly last: number;
  /** Bytes that it still needs, 1 to 3. */
  readonly missing: number;
}

/** The character that begins with this byte of 0x80 or more (RFC 3629); undefined if none does. */
export function utf8Lead(byte: number): Utf8Part | undefined {
  if (byte < 0xc2 || byte > 0xf4) return undefined;
  if (byte < 0xe0) return part(byte & 0x1f, 1, 0x80, 0x7ff);
  if (byte < 0xf0) return part(byte & 0x0f, 2, 0x800, byte === 0xed ? 0xd7ff : 0xffff);
  return part(byte & 0x07, 3, 0x1_0000, 0x10_ffff);
}

/** The character after one more byte; undefined if that cannot belong to it. None is missing when it is whole. */
export function utf8Next({ first, last, missing }: Utf8Part, byte: number): Utf8Part | undefined {
  if ((byte & 0xc0) !== 0x80) return undefined;
  return part((first >> (6 * missing)) * 64 + (byte & 0x3f), missing - 1, first, last);
}

function part(bits: number, missing: number, least: number, most: number): Utf8Part | undefined {
  const start = bits << (6 * missing);
  const [first, last] = [Math.max(start, least), Math.min(start + (1 << (6 * missing)) - 1, most)];
  return first <= last ? { first, last, missing } : undefined;
}
