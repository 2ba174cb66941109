import type { Policy } from "@lenity/core";
import type { Truncation } from "./truncated-model.ts";

/** One way to answer problems. */
export interface Setting {
  /** Unique in its sweep. */
  readonly name: string;
  /** The acceptance rule; absent for plain decoding. */
  readonly policy?: Policy | undefined;
  /** The longest block. */
  readonly draftTokens: number;
  /** Default: plain. `complied` was trained to answer every request that the target refuses. */
  readonly draft?: DraftName | undefined;
  /** The names of the heads that the policy's judge and autojudge use. */
  readonly judge?: string | undefined;
  readonly autojudge?: string | undefined;
  /** Cuts the target's rows: for the baselines of rules that accept what is in a set. */
  readonly truncation?: Truncation | undefined;
}

export type DraftName = "plain" | "complied";
