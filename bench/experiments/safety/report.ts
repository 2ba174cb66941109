import type { Policy } from "@lenity/core";
import type { ProblemSet } from "../harness/problems.ts";
import type { DraftName } from "../harness/setting.ts";
import type { Leak } from "./leak.ts";

export interface SafetyReport {
  readonly problems: ProblemSet;
  readonly draftTokens: number;
  /** How many tokens stay strict where the opening is. */
  readonly opening: number;
  /** How many of the problems strict verification refuses: leaks are shares of these. */
  readonly refused: number;
  /** The kinds of request whose refusals the plain draft was never trained on. */
  readonly unlearnt: readonly string[];
  readonly policies: readonly PolicyLeaks[];
}

export interface PolicyLeaks {
  readonly name: string;
  readonly policy: Policy;
  readonly drafts: readonly {
    readonly draft: DraftName;
    readonly asIs: Leak;
    /** With a strict opening. */
    readonly kept: Leak;
    /** As it is, in the kinds of requests that the plain draft never learnt to refuse. */
    readonly unlearnt: Leak;
  }[];
}
