/** What went wrong, for code that handles errors. */
export type ErrorCode =
  | "invalid_policy" // the policy is malformed, or has an unknown or invalid option
  | "unsupported" // the model or the drafter lacks what the policy needs
  | "invalid_request" // a setting is out of range
  | "context_full" // the prompt does not fit the context
  | "bad_logits" // the model returned NaN, or a row without a finite logit
  | "model_files" // a model folder is incomplete or has an invalid file
  | "download" // a hub refused, was unreachable or sent a wrong file, or there was no disk space
  | "worker_lost" // the thread that ran the model died
  | "engine_failed" // an engine in another process was unreachable, too late, or answered wrongly
  | "out_of_memory" // one run did not fit into memory; the model still works
  | "aborted"; // cancelled by the caller's signal

/** The facts behind an error's message. Programs should check these and the code, never the wording. */
export interface ErrorFacts {
  /** The failing part of a policy or request, such as `policy.any[1].threshold`. */
  readonly path?: string | undefined;
  /** What is wrong, more specific than the code. */
  readonly kind?: ErrorKind | undefined;
  /** The unknown name, or the value found where a number was expected. */
  readonly subject?: string | undefined;
  /** The name of the model at fault. */
  readonly model?: string | undefined;
}

export type ErrorKind =
  | "unknown_preset" // the registry has no preset `subject`
  | "unknown_verifier" // the registry has no verifier `subject`
  | "unknown_option" // the verifier has no option `subject`
  | "missing_option"
  | "unknown_drafter" // the model has no drafter `subject`
  | "nothing_left" // the request's processors and grammar rule out every token
  | "engine_unreachable" // the connection failed or broke off
  | "engine_late" // it did not answer in time
  | "engine_refused" // it answered with the HTTP status `subject`
  | "engine_malformed" // its answer lacks what was asked for
  | "engine_changed" // it has another model than before
  | "not_numbers"; // logits are not numbers; `subject` is what was found, such as NaN

/** lenity's only error class. */
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
