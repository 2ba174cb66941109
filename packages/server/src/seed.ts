/**
 * A seed that core takes, for any integer that JSON may hold. Safe integers stay as they are. Longer ones arrive
 * rounded to the nearest number that JavaScript has, and their parts of 53 bits are then folded into one: the same seed
 * gives the same text, on every runtime.
 */
export function seedOf(given: number): number {
  if (Number.isSafeInteger(given)) return given;
  const bits = 53n;
  let folded = 0n;
  for (let rest = BigInt(Math.abs(given)); rest > 0n; rest >>= bits) folded ^= BigInt.asUintN(Number(bits), rest);
  return Math.sign(given) * Number(folded);
}
