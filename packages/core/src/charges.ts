import type { Charge } from "./verifier.ts";

/**
 * The nats each ledger has spent once the first `emitted` tokens of the block (including a replacement) are in the
 * answer.
 */
export function charged(
  spent: ReadonlyMap<symbol, number>,
  charges: readonly Charge[] | undefined,
  emitted: number,
): ReadonlyMap<symbol, number> {
  if (charges === undefined || charges.length === 0) return spent;
  const after = new Map(spent);
  for (const { ledger, nats } of charges) after.set(ledger, (after.get(ledger) ?? 0) + total(nats, emitted));
  return after;
}

/** The total of these charges in nats, for the first `emitted` tokens of the block. */
export function totalCharge(charges: readonly Pick<Charge, "nats">[] | undefined, emitted: number): number {
  return (charges ?? []).reduce((sum, { nats }) => sum + total(nats, emitted), 0);
}

const total = (nats: readonly number[], emitted: number): number =>
  nats.slice(0, emitted).reduce((sum, cost) => sum + cost, 0);
