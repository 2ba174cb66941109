import type { Example } from "./example.ts";
import { accepts, scoreOf, type TrainedHead } from "./head.ts";

/** What a threshold rejects and accepts. A share is undefined if it would be of no tokens. */
export interface Rejection {
  readonly threshold: number;
  /** The share of the tokens that must be rejected, and are. */
  readonly recall: number | undefined;
  /** The share of the rejected tokens that must be. */
  readonly precision: number | undefined;
  /** The share of the fine tokens that are accepted. */
  readonly fineAccepted: number | undefined;
}

/** What the head's verifier does with these tokens at a threshold. */
export function rejection(head: TrainedHead, examples: readonly Example[], threshold: number): Rejection {
  const rejected = examples.filter(({ state }) => !accepts(head.kind, scoreOf(head, state), threshold));
  const wrong = examples.filter(({ fine }) => !fine).length;
  const found = rejected.filter(({ fine }) => !fine).length;
  const fine = examples.length - wrong;
  return {
    threshold,
    recall: share(found, wrong),
    precision: share(found, rejected.length),
    fineAccepted: share(fine - (rejected.length - found), fine),
  };
}

const share = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);
