const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/**
 * The bits of the float16 nearest to `value` (ties to even); beyond its range, infinity. Float16Array is missing in
 * Node 22.
 */
export function toFloat16(value: number): number {
  scratch[0] = value;
  return narrowed(scratchBits[0] as number);
}

/** Converts every value. */
export function toFloat16s(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = narrowed(bits[i] as number);
  return out;
}

/** Converts float32 bits to float16 bits. */
function narrowed(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent < -10) return sign;
  // A subnormal float16 keeps its leading one explicitly and drops more bits.
  const drop = exponent > 0 ? 13 : 14 - exponent;
  const whole = exponent > 0 ? (exponent << 23) | fraction : fraction | 0x800000;
  const half = whole >>> drop;
  const rest = whole & ((1 << drop) - 1);
  const middle = 1 << (drop - 1);
  const rounded = rest > middle || (rest === middle && (half & 1) === 1) ? half + 1 : half;
  return sign | Math.min(rounded, 0x7c00);
}

/** The number that float16 bits represent. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
