import type { ApiKey } from "./http/auth.ts";
import type { LogEntry } from "./operation/log-entry.ts";
import type { ServedModel } from "./served-model.ts";

export interface ServerOptions {
  /** At least one; the first answers requests that name none. */
  readonly models: readonly ServedModel[];
  /** Keys for /v1, each with a name and the policies it may use, if not all. Default: no key needed. */
  readonly apiKeys?: readonly (string | ApiKey)[] | undefined;
  /** The presets and verifiers that requests may use. Default: all of each model's registry. */
  readonly policies?: readonly string[] | undefined;
  /**
   * Whether requests may reuse cached prompts of other keys. Faster if prompts of different keys have the same
   * beginning, but `cached_tokens` then reveals what others have asked. Default: false.
   */
  readonly shareCache?: boolean | undefined;
  /**
   * Host names that requests may use for this server, without a port, besides loopback names; others get 403. For
   * servers without a key that only this machine should reach, because a web page can point its own host name at this
   * machine. Default: all.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The largest body of a request. Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds for receiving a request's body. Default 60 000. */
  readonly bodyTimeout?: number | undefined;
  /** Milliseconds for an answer, waiting included; one that takes longer fails with 503. Default: no limit. */
  readonly answerTimeout?: number | undefined;
  /** Origins of web pages that may read responses, such as https://example.org; "*" for all. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Gets an entry for each response and each finished answer, without any text. Default: no log. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** Answers that decode at the same time, taking turns. Default: as many as a model has places, or else engines. */
  readonly concurrency?: number | undefined;
  /** Milliseconds after which a stream that has nothing to send gets a comment, so that nobody cuts it. Default 5000. */
  readonly heartbeat?: number | undefined;
  /** Requests that may wait for a place; further ones get 429. Default 64. */
  readonly maxQueue?: number | undefined;
  /** When it aborts, open and new requests fail with status 503: for a server that is shutting down. */
  readonly ending?: AbortSignal | undefined;
  /** Called with every error that is the server's fault (status 500 and 503). Default: console.error. */
  readonly onFailure?: ((error: unknown, requestId: string) => void) | undefined;
}
