/** What went wrong, for callers that want to react to it. */
export type ErrorCode =
  | "invalid_policy" // the policy is not of the grammar, or names an option wrongly
  | "unsupported" // the model or the drafter cannot feed the policy
  | "invalid_request" // a setting is out of its range
  | "context_full" // the prompt does not fit the context
  | "bad_logits" // the model returned NaN, or a row without any finite logit
  | "model_files" // a model folder is incomplete or holds a wrong file
  | "download" // a hub did not give a model, or it could not be kept: refused, unreachable, not as announced, no room
  | "worker_lost" // the thread that ran the model died
  | "out_of_memory" // a run found no room; the model goes on
  | "aborted"; // the caller's signal

/** The one error class of lenity. `path` names the failing part of a policy or request, e.g. `policy.any[1].threshold`. */
export class LenityError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;

  constructor(code: ErrorCode, message: string, options?: { path?: string | undefined; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LenityError";
    this.code = code;
    this.path = options?.path;
  }
}
