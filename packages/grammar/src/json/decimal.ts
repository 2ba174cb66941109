/** A number in decimal notation, without its sign. */
export interface Decimal {
  /** Without leading zeros; "0" for numbers below 1. */
  readonly whole: string;
  /** Without trailing zeros; may be empty. */
  readonly fraction: string;
}

/** The size of a finite number, exactly as JavaScript writes it. */
export function decimal(value: number): Decimal {
  const [digits = "0", power = "0"] = String(Math.abs(value)).split("e");
  const [whole = "0", fraction = ""] = digits.split(".");
  const all = whole + fraction;
  const point = whole.length + Number(power);
  const padded = point > 0 ? all.padEnd(point, "0") : "0".repeat(1 - point) + all;
  const cut = Math.max(point, 1);
  return { whole: padded.slice(0, cut).replace(/^0+(?=\d)/, ""), fraction: padded.slice(cut).replace(/0+$/, "") };
}
