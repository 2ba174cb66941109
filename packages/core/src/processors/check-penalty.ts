import { LenityError } from "../error.ts";

/** Throws `invalid_request` unless the setting is finite and, if `positive`, above 0. */
export function checkPenalty(name: string, value: number, positive = false): void {
  if (Number.isFinite(value) && (!positive || value > 0)) return;
  const expected = positive ? "a finite number above 0 (1 changes nothing)" : "a finite number (0 changes nothing)";
  throw new LenityError("invalid_request", `${name} is ${value}; expected ${expected}.`, { path: name });
}
