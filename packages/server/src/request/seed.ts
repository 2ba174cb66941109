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
