import { type Drafter, LenityError, type Policy, type Verifier } from "@lenity/core";
import { blockLength, didYouMean, excerpt, quoted } from "@lenity/core/internal";
import { ApiError } from "./api-error.ts";
import type { SpeculativeRequest } from "./request.ts";
import type { ServedModel } from "./served-model.ts";

/** How one answer is drafted and verified. */
export interface Speculation {
  readonly verifier: Verifier;
  /** The policy with its preset replaced by what it stands for. */
  readonly policy: Policy;
  /** The longest block; 0 is plain decoding. */
  readonly draftTokens: number;
  readonly createDrafter: (() => Drafter) | undefined;
  readonly trace: boolean;
}

/** Longer policies are refused: each verifier in them costs work in every round. */
const longestPolicy = 10_000;

/** What a request's `speculative` means for this model, defaults filled in. */
export function speculationOf(model: ServedModel, request: SpeculativeRequest = {}): Speculation {
  const given = request.policy ?? undefined;
  const chosen = policyOf(model, given ?? model.policy ?? "strict");
  const own = chosen.verifier.draftTokens;
  const standard = given === undefined ? (model.draftTokens ?? own) : (own ?? model.draftTokens);
  return {
    ...chosen,
    createDrafter: drafterOf(model, request.drafter ?? undefined, request.draft_tokens ?? 0),
    draftTokens: blockLength(model.target, { draftTokens: standard }, request.draft_tokens ?? undefined),
    trace: request.trace === true,
  };
}

function policyOf({ registry }: ServedModel, policy: unknown): Pick<Speculation, "policy" | "verifier"> {
  const param = "speculative.policy";
  try {
    const { length } = JSON.stringify(policy);
    if (length > longestPolicy) {
      throw new LenityError("invalid_policy", `${param} is ${length} characters long; expected ${longestPolicy} at most.`, { path: param });
    }
    const verifier = registry.create(policy, param);
    return { verifier, policy: registry.resolve(policy, param) };
  } catch (error) {
    if (error instanceof LenityError) throw error;
    // What a plugin refuses with a built-in error (two judges that read different states, nesting without end) came with the request as well.
    throw new ApiError(400, `${param}: ${excerpt(error instanceof Error ? error.message : String(error), 500)}`, {
      param,
      code: "invalid_policy",
      cause: error,
    });
  }
}

function drafterOf({ drafters, id }: ServedModel, name: string | undefined, draftTokens: number): (() => Drafter) | undefined {
  const known = Object.keys(drafters);
  const chosen = name ?? known[0];
  if (chosen !== undefined && known.includes(chosen)) return drafters[chosen];
  if (name !== undefined) {
    const hint = known.length === 0 ? "It has none." : didYouMean(name, known);
    throw new ApiError(400, `${id} has no drafter ${quoted(name)}. ${hint}`, { param: "speculative.drafter", code: "unknown_drafter" });
  }
  if (draftTokens === 0) return undefined;
  const param = "speculative.draft_tokens";
  throw new ApiError(400, `${param} is ${draftTokens}, and ${id} has no drafter. Leave it out.`, { param, code: "unsupported" });
}
