/**
 * A seed that core accepts, for any integer in JSON. Safe integers are unchanged. JavaScript rounds longer ones to the
 * nearest number it can represent; their 53-bit parts are then combined with XOR, so that the same seed gives the same
 * text on every runtime.
 */
export function seedOf(given: number): number {
  if (Number.isSafeInteger(given)) return given;
  const bits = 53n;
  let folded = 0n;
  for (let rest = BigInt(Math.abs(given)); rest > 0n; rest >>= bits) folded ^= BigInt.asUintN(Number(bits), rest);
  return Math.sign(given) * Number(folded);
}

/** 2⁵³ / φ, rounded to an odd number: its multiples are far apart, so that seeds in a row share no choices. */
const step = 0x13c6ef372fe94fn;

/**
 * The seed of one of several choices: that of the request for the first, so that it is the answer to the same request
 * with n = 1, and seed + index · 0x13c6ef372fe94f for others, as a signed number of 53 bits.
 */
export function choiceSeed(seed: number, index: number): number {
  return index === 0 ? seed : Number(BigInt.asIntN(53, BigInt(seed) + BigInt(index) * step));
}
