import type { DecodeOptions } from "../decode-options.ts";
import type { Verifier } from "../verifier.ts";
import { adaptiveLength } from "./adaptive-length.ts";
import { usualCosts } from "./costs.ts";
import { type DraftLength, fixedLength } from "./draft-length.ts";
import { timesOf } from "./measured-costs.ts";
import { timedLength } from "./timed-length.ts";

/** The longest block under "auto" if nothing says otherwise. */
const usualLongest = 16;

/**
 * The longest block that "auto" drafts under this rule: the number of its preset, else 16. The number of a lossless
 * preset is the best fixed one, which the best of a round may exceed; that of a lossy one was chosen for its text too.
 */
export function longestDraft({ draftTokens = usualLongest, law }: Pick<Verifier, "draftTokens" | "law">): number {
  return law === "exact" ? Math.max(draftTokens, usualLongest) : draftTokens;
}

/** The settings of a request that decide about its draft lengths. */
export interface LengthRequest extends Pick<DecodeOptions, "target" | "drafter" | "clock"> {
  readonly verifier: Verifier;
  /** The block length, or the longest one of "auto". */
  readonly longest: number;
  readonly auto: boolean;
  readonly greedy: boolean;
  /** Whether processors or a grammar shape the rows. */
  readonly shaped: boolean;
}

/**
 * How long the drafts of a request are. Under "auto", times count only where the text does not depend on the lengths:
 * otherwise the same seed would give another text on a busier machine.
 */
export function requestLength(request: LengthRequest): DraftLength {
  const { target, drafter, verifier, longest, auto, greedy, shaped, clock } = request;
  if (drafter === undefined || !auto || drafter.paced === true) return fixedLength(drafter === undefined ? 0 : longest);
  const usual = usualCosts(drafter.rows);
  if (!sameText(verifier, greedy)) return adaptiveLength({ longest, costs: () => usual });
  const times = timesOf(target, [drafter.name, verifier.name, shaped].join());
  return timedLength({ longest, usual, times, clock: clock ?? (() => performance.now()) });
}

/** Whether the text is the same with any draft length: every token is the target's argmax, or drawn by noise. */
const sameText = ({ law, drawing }: Verifier, greedy: boolean): boolean =>
  law === "exact" && (greedy || drawing === "noise");
