import { type ErrorCode, LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";

/** The statuses of failed requests. 499: the client disconnected, so no one reads the response. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 429 | 499 | 500 | 503;

export interface ApiErrorInit {
  /** The field of the request at fault, e.g. `messages[0].content`. */
  readonly param?: string | undefined;
  /** The code that programs can check. */
  readonly code?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/** An error in OpenAI's format. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** An error response. */
export class ApiError extends Error {
  readonly status: ErrorStatus;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;

  constructor(status: ErrorStatus, message: string, { param, code, headers = {}, cause }: ApiErrorInit = {}) {
    super(message, { cause });
    this.name = "ApiError";
    this.status = status;
    this.headers = headers;
    this.body = { error: { message, type: typeOf[status], param: param ?? null, code: code ?? null } };
  }
}

const typeOf: Record<ErrorStatus, string> = {
  400: "invalid_request_error",
  401: "invalid_request_error",
  403: "invalid_request_error",
  404: "invalid_request_error",
  405: "invalid_request_error",
  408: "invalid_request_error",
  413: "invalid_request_error",
  415: "invalid_request_error",
  429: "rate_limit_error",
  499: "invalid_request_error",
  500: "server_error",
  503: "server_error",
};

/** The longest message in characters, so that quoting a request never sends much of it back. */
const longestMessage = 2000;

/**
 * The error response for any failure. The messages of server faults go only to the log, because they may contain paths
 * and addresses of the host.
 */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof LenityError)) {
    return new ApiError(500, `The server failed. ${logged}`, { cause: error });
  }
  const status = statusOf[error.code];
  const message = faults[error.code] ?? excerpt(error.message, longestMessage);
  const param = status === 400 ? paramOf(error) : undefined;
  const headers = status === 503 ? { "retry-after": "1" } : undefined;
  return new ApiError(status, message, { param, code: codeOf(error), headers, cause: error });
}

const logged = "The reason is in the server's log, under this response's x-request-id.";

/** Public messages for the server's faults. */
const faults: Partial<Record<ErrorCode, string>> = {
  bad_logits: `The model computed values that are not numbers. The request is not the cause. ${logged}`,
  model_files: `The server cannot use one of its model files. ${logged}`,
  download: `The server could not download a model file. ${logged}`,
  worker_lost: `The model's engine failed before the answer was complete. Send the request again. ${logged}`,
  engine_failed: `The engine that runs the model failed before the answer was complete. Send the request again. ${logged}`,
  out_of_memory: "The model ran out of memory on this request. Send it again later, or send a shorter one.",
};

/** The error for a request that a server shutdown cuts off. */
export function endingError(cause: LenityError): ApiError {
  const message =
    "The server is shutting down and could not finish this answer. Send the request again later, or to another server.";
  return new ApiError(503, message, { code: "server_ending", headers: { "retry-after": "5" }, cause });
}

function codeOf({ code, kind }: LenityError): string {
  if (kind === "unknown_drafter") return kind;
  return code === "context_full" ? "context_length_exceeded" : code;
}

const statusOf: Record<ErrorCode, ErrorStatus> = {
  invalid_policy: 400,
  unsupported: 400,
  invalid_request: 400,
  context_full: 400,
  bad_logits: 500,
  model_files: 500,
  download: 500,
  worker_lost: 503,
  engine_failed: 503,
  out_of_memory: 503,
  aborted: 499,
};

function paramOf({ code, path }: LenityError): string | undefined {
  if (code === "invalid_policy") return "speculative.policy";
  if (code === "context_full") return "messages";
  return path === undefined ? undefined : (fieldOf[path] ?? path);
}

/** The request field for each of core's names. */
const fieldOf: Readonly<Record<string, string>> = {
  policy: "speculative.policy",
  draftTokens: "speculative.draft_tokens",
  drafter: "speculative.drafter",
  prompt: "messages",
  maxTokens: "max_tokens",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
};
