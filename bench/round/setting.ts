import type { Verifier } from "@lenity/core";

/** A rule of acceptance, or plain decoding. */
export interface RoundRule {
  readonly label: string;
  /** Absent: nothing is drafted. */
  readonly verifier?: (() => Verifier) | undefined;
  /** Tokens drafted in each round. */
  readonly draftTokens: number;
}

/** What is measured for one line of the table. */
export interface RoundSetting {
  readonly weights: string;
  /** Folders of the two models. */
  readonly target: string;
  readonly draft: string;
  /** Threads of the target; the draft model has one. */
  readonly threads: number;
  readonly rule: RoundRule;
}
