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

/** The facts that an error's message is made of: programs decide by these and by the code, never by the wording. */
export interface ErrorFacts {
  /** The failing part of a policy or request, such as `policy.any[1].threshold`. */
  readonly path?: string | undefined;
  /** What is wrong, more exactly than the code says. */
  readonly kind?: ErrorKind | undefined;
  /** What it is about: the unknown name, or what was found in place of numbers. */
  readonly subject?: string | undefined;
  /** The name of the model at fault. */
  readonly model?: string | undefined;
}

export type ErrorKind =
  | "unknown_preset" // `subject` is no preset of the registry
  | "unknown_verifier" // `subject` is no verifier of the registry
  | "unknown_option" // `subject` is no option of the verifier
  | "missing_option"
  | "unknown_drafter" // `subject` is no drafter of the model
  | "not_numbers"; // `subject`, such as NaN, stands where logits should

/** The one error class of lenity. */
export class LenityError extends Error implements ErrorFacts {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly kind: ErrorKind | undefined;
  readonly subject: string | undefined;
  readonly model: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorFacts & { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LenityError";
    this.code = code;
    this.path = options.path;
    this.kind = options.kind;
    this.subject = options.subject;
    this.model = options.model;
  }
}
