import { beginRequest } from "./decode-request.ts";
import type { Drafter } from "./drafter.ts";
import type { DecidedRound, RoundSettings } from "./drafter-rounds.ts";
import type { LanguageModel, Session, Token } from "./model.ts";
import { verifierFrom } from "./presets.ts";
import { rounds } from "./rounds.ts";

/** The rounds of an answer from its settings, for an implementation of `Drafter.rounds`. */
export function roundsFrom(
  session: Session,
  prompt: readonly Token[],
  { policy, eos, ...settings }: RoundSettings,
  { target: own, drafter }: { readonly target: LanguageModel; readonly drafter: Drafter },
): AsyncGenerator<DecidedRound, void, undefined> {
  // The model itself where it can be: times of rounds are remembered by target.
  const target = own.eos.join() === eos.join() ? own : { ...own, eos };
  return rounds(session, beginRequest(prompt, { ...settings, target, drafter, verifier: verifierFrom(policy) }));
}
