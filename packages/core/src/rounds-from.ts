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
  { policy, ...settings }: RoundSettings,
  models: { readonly target: LanguageModel; readonly drafter: Drafter },
): AsyncGenerator<DecidedRound, void, undefined> {
  return rounds(session, beginRequest(prompt, { ...settings, ...models, verifier: verifierFrom(policy) }));
}
