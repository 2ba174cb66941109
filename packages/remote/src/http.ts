/** Calls of an engine over HTTP: a time limit, retries, cancellation, and one error for whatever goes wrong. */
import { LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import type { RemoteOptions } from "./options.ts";
import type { Wire } from "./wire.ts";

export interface Call {
  readonly path: string;
  /** Sent as JSON. Absent: a GET. */
  readonly json?: unknown;
  /** Sent as it is, instead of JSON. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Client {
  /** The parsed body. Throws `engine_failed`, or `aborted` if the signal did it. */
  json(call: Call): Promise<unknown>;
  bytes(call: Call): Promise<{ readonly body: ArrayBuffer; readonly headers: Headers }>;
}

/** The HTTP status with which an engine refused a call; undefined for other errors. */
export const refusedWith = (error: unknown): number | undefined =>
  error instanceof LenityError && error.kind === "engine_refused" ? Number(error.subject) : undefined;

/** Statuses of an engine, or of a proxy before it, that is busy or starting. Every call may be sent again. */
const passing = new Set([429, 502, 503, 504]);
const firstPause = 100;

/** Calls are idempotent: an engine computes numbers and keeps nothing but caches. */
export function client(options: RemoteOptions, wire: Wire): Client {
  const { url, key, retries = 3 } = options;
  const base = url.replace(/\/+$/, "");
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };

  const once = async <T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> => {
    const { path, json, body = json === undefined ? undefined : JSON.stringify(json), headers, signal } = call;
    const late = AbortSignal.timeout(options.timeout ?? 60_000);
    const begun = performance.now();
    try {
      const request = new Request(`${base}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...authorization,
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      });
      const response = await (options.fetch ?? fetch)(request);
      if (!response.ok) throw refused(base, path, response.status, await response.text());
      const value = await read(response);
      const took = performance.now() - begun;
      wire.roundTrip = wire.calls === 0 ? took : wire.roundTrip + (took - wire.roundTrip) / 8;
      wire.calls++;
      return value;
    } catch (cause) {
      if (signal?.aborted === true) throw new LenityError("aborted", "The request was cancelled.", { cause });
      if (late.aborted) throw tooLate(base, path, options.timeout ?? 60_000, cause);
      throw cause;
    }
  };

  const send = async <T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(call, read);
      } catch (cause) {
        const again = !(cause instanceof LenityError) || passing.has(refusedWith(cause) ?? 0);
        if (!again || attempt >= retries)
          throw cause instanceof LenityError ? cause : unreachable(base, attempt, cause);
      }
      wire.retries++;
      await pause(firstPause * 2 ** attempt, call.signal);
    }
  };

  return {
    json: (call) => send(call, (response) => response.json()),
    bytes: (call) =>
      send(call, async (response) => ({ body: await response.arrayBuffer(), headers: response.headers })),
  };
}

/** Waits, and not longer than until the signal. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}

function refused(base: string, path: string, status: number, body: string): LenityError {
  const remedy = status === 401 || status === 403 ? " Check the key." : "";
  return new LenityError(
    "engine_failed",
    `The engine at ${base} refused ${path} with status ${status}: ${excerpt(body.trim() || "no reason", 300)}.${remedy}`,
    { kind: "engine_refused", subject: String(status) },
  );
}

const tooLate = (base: string, path: string, timeout: number, cause: unknown): LenityError =>
  new LenityError(
    "engine_failed",
    `The engine at ${base} did not answer ${path} within ${timeout} ms. Send the request again, or allow more time.`,
    { kind: "engine_late", cause },
  );

const unreachable = (base: string, retries: number, cause: unknown): LenityError =>
  new LenityError(
    "engine_failed",
    `The engine at ${base} cannot be reached, or its answer broke off (${cause instanceof Error ? cause.message : cause}); tried ${retries + 1} times. Check that it runs and that the address is right.`,
    { kind: "engine_unreachable", cause },
  );
