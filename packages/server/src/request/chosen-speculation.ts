import { type Drafter, LenityError, type Policy, type Verifier } from "@lenity/core";
import { blockLength, didYouMean, excerpt, longestDraft, quoted } from "@lenity/core/internal";
import type { ServedModel } from "../served-model.ts";

/** The settings of a request or a command line. Undefined or null uses the model's default. */
export interface AskedSpeculation {
  /** A preset's name, or an expression. */
  readonly policy?: unknown;
  /** The block length, or "auto"; 0 is plain decoding. */
  readonly draftTokens?: number | "auto" | null | undefined;
  /** The name of one of the model's drafters. */
  readonly drafter?: string | null | undefined;
  /** As in `DecodeOptions`. */
  readonly blockExact?: boolean | null | undefined;
}

/** How one answer is drafted and verified. */
export interface Speculation {
  readonly verifier: Verifier;
  /** The policy, with a preset's name replaced by its policy. */
  readonly policy: Policy;
  /** The block length, or "auto"; 0 is plain decoding. */
  readonly draftTokens: number | "auto";
  /** The longest block: the block length if it is a number. */
  readonly maxDraftTokens: number;
  /** Creates the drafter for one answer. Undefined for plain decoding. */
  readonly createDrafter: (() => Drafter) | undefined;
  /** Whether plain decoding computes each token as blocks do. */
  readonly blockExact: boolean;
}

/** The properties of a model that determine how its answers are drafted and verified. */
export type SpeculativeModel = Pick<
  ServedModel,
  "id" | "target" | "drafters" | "registry" | "policy" | "draftTokens" | "maxDraftTokens"
>;

/** Longer policies are refused: each verifier in them costs work in every round. */
const longestPolicy = 10_000;

/**
 * How an answer is drafted and verified. Policy, drafter and block length are the requested ones, else the model's,
 * else the defaults (`strict`, the first drafter, "auto"). Throws `invalid_policy`, with the
 * path of the error below `policyPath`; `invalid_request` for an unknown drafter; `unsupported` for draft tokens
 * without a drafter.
 */
export function chosenSpeculation(
  asked: AskedSpeculation,
  model: SpeculativeModel,
  policyPath = "policy",
): Speculation {
  const given = asked.policy ?? undefined;
  const chosen = policyOf(model, given ?? model.policy ?? "strict", policyPath);
  const own = chosen.verifier.draftTokens;
  // The model's number is for its own policy and for expressions: a preset that is asked for brings its own.
  const usual = given === undefined || own === undefined ? model.draftTokens : undefined;
  const number = typeof asked.draftTokens === "number" ? asked.draftTokens : 0;
  const createDrafter = drafterOf(model, asked.drafter ?? undefined, number);
  const most = checkedMost(number, model);
  const length = blockLength(model.target, asked.draftTokens ?? undefined, usual);
  const maxDraftTokens = Math.min(length === "auto" ? longestDraft(chosen.verifier) : length, most);
  const settings = { ...chosen, blockExact: asked.blockExact === true };
  if (createDrafter === undefined || maxDraftTokens === 0)
    return { ...settings, draftTokens: 0, maxDraftTokens: 0, createDrafter: undefined };
  return { ...settings, draftTokens: length === "auto" ? length : maxDraftTokens, maxDraftTokens, createDrafter };
}

/** The longest block allowed. Throws `invalid_request` if more was asked for. */
function checkedMost(asked: number, { id, maxDraftTokens = Number.POSITIVE_INFINITY }: SpeculativeModel): number {
  if (asked <= maxDraftTokens) return maxDraftTokens;
  const message = `draft_tokens is ${asked}; ${id} is served with at most ${maxDraftTokens}.`;
  throw new LenityError("invalid_request", message, { path: "draftTokens" });
}

function policyOf(
  { registry }: SpeculativeModel,
  policy: unknown,
  path: string,
): Pick<Speculation, "policy" | "verifier"> {
  try {
    const { length } = JSON.stringify(policy);
    if (length > longestPolicy) {
      const message = `${path} is ${length} characters long; expected at most ${longestPolicy}.`;
      throw new LenityError("invalid_policy", message, { path });
    }
    const verifier = registry.create(policy, path);
    return { verifier, policy: registry.resolve(policy, path) };
  } catch (cause) {
    if (cause instanceof LenityError) throw cause;
    // Plugins may refuse options with a plain JavaScript error.
    const what = excerpt(cause instanceof Error ? cause.message : String(cause), 500);
    throw new LenityError("invalid_policy", `${path}: ${what}`, { path, cause });
  }
}

function drafterOf(
  { drafters, id }: SpeculativeModel,
  name: string | undefined,
  draftTokens: number,
): (() => Drafter) | undefined {
  const known = Object.keys(drafters);
  const chosen = name ?? known[0];
  if (chosen !== undefined && known.includes(chosen)) return drafters[chosen];
  if (name !== undefined) {
    const hint = known.length === 0 ? "It has none." : didYouMean(name, known);
    throw new LenityError("invalid_request", `${id} has no drafter ${quoted(name)}. ${hint}`, {
      path: "drafter",
      kind: "unknown_drafter",
      subject: name,
    });
  }
  if (draftTokens === 0) return undefined;
  throw new LenityError(
    "unsupported",
    `${id} has no drafter, so it cannot draft ${draftTokens} tokens. Leave out the number of draft tokens.`,
    {
      path: "draftTokens",
    },
  );
}
