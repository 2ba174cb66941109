/** The checks before the first token. */
import type { Drafter } from "./drafter.ts";
import { LenityError } from "./error.ts";
import type { Grammar } from "./grammar.ts";
import type { ByHiddenKind, LanguageModel, Reach, Token } from "./model.ts";
import { type ReadingNeeds, readingsNeeded } from "./readings-needed.ts";
import type { Sampling } from "./sampling.ts";
import type { Needs, Verifier } from "./verifier.ts";

/** Returns the block length, or throws `invalid_request`. */
export function checkDraftTokens(value: number, path = "draftTokens"): number {
  if (Number.isInteger(value) && value >= 0 && value <= 1024) return value;
  throw new LenityError(
    "invalid_request",
    `${path} is ${value}; expected a whole number from 0 (plain decoding) to 1024${path === "draftTokens" ? ', or "auto"' : ""}.`,
    { path },
  );
}

/** The block length, when a program chooses the drafter: the first given one; else 0 if the target cannot verify a block. */
export function blockLength(
  { lastOnly }: Pick<LanguageModel, "lastOnly">,
  asked?: number | "auto",
  usual: number | "auto" = "auto",
): number | "auto" {
  return asked ?? (lastOnly === true ? 0 : usual);
}

/** Refuses an empty prompt, a prompt longer than the context, and ids that the model does not have. */
export function checkPrompt(prompt: readonly Token[], target: LanguageModel): void {
  if (prompt.length === 0)
    throw new LenityError("invalid_request", "The prompt has no tokens; expected at least one.", { path: "prompt" });
  if (prompt.length > target.contextLength) {
    throw new LenityError(
      "context_full",
      `The prompt has ${prompt.length} tokens; ${target.name} holds ${target.contextLength}. Shorten the prompt.`,
      {
        path: "prompt",
      },
    );
  }
  const stray = prompt.find((token) => !isToken(token, target));
  if (stray !== undefined) {
    throw new LenityError("invalid_request", `The prompt contains token ${stray}; ${idsOf(target)}.`, {
      path: "prompt",
    });
  }
}

/** Throws if a drafter proposes a token the target does not have: lossy rules might accept it. */
export function checkDraft(draft: readonly Token[], drafter: Drafter | undefined, target: LanguageModel): void {
  const stray = draft.find((token) => !isToken(token, target));
  if (stray !== undefined)
    throw new TypeError(`The drafter "${drafter?.name}" proposed token ${stray}; ${idsOf(target)}.`);
}

const isToken = (token: Token, { vocabulary, unused }: LanguageModel): boolean =>
  Number.isInteger(token) && token >= 0 && token < vocabulary && unused?.has(token) !== true;

function idsOf({ name, vocabulary, unused }: LanguageModel): string {
  const gaps = unused === undefined || unused.size === 0 ? "" : `, ${unused.size} of them unused`;
  return `${name} has ids 0 to ${vocabulary - 1}${gaps}`;
}

/** Refuses a grammar for a target without EOS tokens: the answer could not end where the grammar does. */
export function checkGrammar(grammar: Grammar | undefined, { name, eos }: LanguageModel): void {
  if (grammar === undefined || eos.length > 0) return;
  throw new LenityError(
    "unsupported",
    `A grammar needs a token that ends the answer, and ${name} has none (eos). Name one, or leave the grammar out.`,
    { path: "grammar" },
  );
}

/** Refuses a request that needs whole rows if the target returns none. */
export function checkReach(target: LanguageModel, needs: ReadingNeeds): void {
  if (target.reach === undefined || target.reach.rows) return;
  const why = [needs.drafted, false].map((drafted) => readingsNeeded({ ...needs, drafted }, target.reach as Reach));
  const refusal = why.find((found) => typeof found === "string");
  if (refusal === undefined) return;
  throw new LenityError(
    "unsupported",
    `${target.name} returns no rows, only numbers of them, and the request needs rows: ${refusal}. Change that setting, or use a target that returns rows.`,
    { path: refusal.startsWith("the policy") ? "policy" : undefined },
  );
}

/** Refuses a verifier if the models lack what it needs. */
export function checkFeasible(
  verifier: Verifier,
  target: LanguageModel,
  drafter: Drafter | undefined,
  { temperature }: Sampling,
): void {
  if (drafter === undefined) return;
  const missing = unmetNeed(verifier.needs, target, drafter, temperature);
  const path = target.lastOnly === true ? "draftTokens" : "policy";
  if (missing !== undefined) throw new LenityError("unsupported", `Policy "${verifier.name}" ${missing}`, { path });
  if (drafter.vocabulary !== undefined && drafter.vocabulary !== target.vocabulary) {
    throw new LenityError(
      "unsupported",
      `The drafter ${drafter.name} has ${drafter.vocabulary} token ids, and the target ${target.name} has ${target.vocabulary}; expected the same vocabulary. Use a draft model of the target's family. If only the padding differs, align the draft model with the target (alignVocabulary).`,
    );
  }
}

/** What these models lack for a verifier with these needs, as the end of a sentence; undefined if nothing. */
export function unmetNeed(
  needs: Needs | undefined,
  target: Pick<LanguageModel, "name" | "hidden" | "lastOnly">,
  drafter: Pick<Drafter, "name" | "rows" | "hidden">,
  temperature?: number,
): string | undefined {
  if (target.lastOnly === true) {
    return `reads the target's row of every drafted token, and ${target.name} scores only the last position of a block. Set the number of draft tokens to 0 for plain decoding, or export the model with the logits of all positions.`;
  }
  if (needs?.hidden !== undefined && target.hidden[needs.hidden] === undefined) {
    return `reads ${needs.hidden} hidden states, which ${target.name} does not return${others(target.hidden)}. Load or export the model with them, or choose a policy without a judge.`;
  }
  if (needs?.draftRows === true && !drafter.rows) {
    return `compares the target's rows with the drafter's, and the drafter "${drafter.name}" only proposes tokens. Use a draft model, or a policy that reads only the target.`;
  }
  if (needs?.draftHidden !== undefined && drafter.hidden?.[needs.draftHidden] === undefined) {
    return `reads ${needs.draftHidden} hidden states of the draft, which the drafter "${drafter.name}" does not return${others(drafter.hidden ?? {})}. Use a draft model that is loaded with them, or a judge that reads only the target.`;
  }
  if (needs?.mode === "greedy" && temperature !== undefined && temperature > 0) {
    return `is defined at temperature 0 only, and the temperature is ${temperature}. Set it to 0, or choose a policy for sampling.`;
  }
  if (needs?.mode === "sampled" && temperature === 0) {
    return "is defined only for drafts sampled from the drafter's row, and at temperature 0 they are not sampled. Set a temperature above 0, or choose another policy.";
  }
  return undefined;
}

/** The hidden states that a model does return, for a message. */
function others(hidden: ByHiddenKind<number>): string {
  const kinds = Object.keys(hidden);
  return kinds.length === 0 ? "" : ` (it returns ${kinds.join(", ")})`;
}
