import { setTimeout as sleep } from "node:timers/promises";
import { LenityError } from "@lenity/core";
import type { Hub, Patience } from "./settings.ts";

/** A fault that may pass, such as a broken connection or a response with status 429 or 503. */
export class PassingFault extends Error {
  /** Milliseconds to wait, if the server gave a time. */
  readonly wait: number | undefined;

  constructor(message: string, options: { cause?: unknown; wait?: number | undefined } = {}) {
    super(message, { cause: options.cause });
    this.wait = options.wait;
  }
}

const mostRedirects = 5;
const longestWait = 60_000;

/**
 * Sends a GET request. Follows redirects itself, so that the token is sent only to the endpoint's origin and a redirect
 * cannot read local files. Rejects with PassingFault if there is no response, or one after which a retry makes sense.
 */
export async function request(
  hub: Hub,
  url: string,
  { headers, signal }: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const home = new URL(hub.endpoint).origin;
  let at = new URL(url);
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const authorization = hub.token !== undefined && at.origin === home ? { authorization: `Bearer ${hub.token}` } : {};
    // Compressed responses cannot be resumed at a byte position.
    const sent = { "user-agent": "lenity", "accept-encoding": "identity", ...headers, ...authorization };
    const response = await fetch(at.href, { headers: sent, redirect: "manual", signal: signal ?? null }).catch(
      (cause) => {
        throw new PassingFault(reason(cause), { cause });
      },
    );
    const { status } = response;
    const location = response.headers.get("location");
    if (location === null || status < 300 || status > 399) {
      if (status !== 408 && status !== 429 && status < 500) return response;
      await response.body?.cancel();
      throw new PassingFault(`${at.host} answered ${status}`, { wait: retryAfter(response) });
    }
    await response.body?.cancel();
    const next = URL.canParse(location, at.href) ? new URL(location, at.href) : undefined;
    if (next?.protocol !== "https:" && next?.protocol !== "http:") {
      throw new LenityError(
        "download",
        `${url} redirects to ${location}, which is not a web address. Check HF_ENDPOINT.`,
      );
    }
    at = next;
  }
  throw new LenityError("download", `${url} redirects more than ${mostRedirects} times. Check HF_ENDPOINT.`);
}

/** How often to retry, and how to report it. */
export interface RetryOptions {
  readonly patience: Patience;
  /** What is downloaded, for messages. */
  readonly subject: string;
  /** How far the download got. An attempt that gets further starts the count of attempts again. */
  readonly position?: (() => number) | undefined;
  readonly retrying?: ((fault: PassingFault) => void) | undefined;
}

/** Retries until it succeeds or throws anything but PassingFault. Rejects with `download` after too many attempts. */
export async function insist<T>(
  attempt: () => Promise<T>,
  { patience, subject, position = () => 0, retrying }: RetryOptions,
): Promise<T> {
  let furthest = position();
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (fault) {
      if (!(fault instanceof PassingFault)) throw fault;
      if (position() > furthest) failures = 1;
      furthest = Math.max(furthest, position());
      if (failures >= patience.attempts) {
        throw new LenityError(
          "download",
          `${subject} could not be downloaded: ${fault.message} (${failures} attempts in a row). Check the connection or try again later; the download resumes where it stopped.`,
          { cause: fault },
        );
      }
      retrying?.(fault);
      await sleep(Math.min(longestWait, Math.max(fault.wait ?? 0, patience.pause * 2 ** (failures - 1))));
    }
  }
}

/** Why a connection failed, in words. Bun puts it in the message, Node in the cause. */
export function reason(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "AbortError" || name === "TimeoutError") return "the connection timed out";
  const inner = cause instanceof Error ? cause.message || (cause as { code?: string }).code : undefined;
  const [sentence = ""] = (inner ?? message).replace(/^E[A-Z]+: /, "").split(/\.(?: |$)/);
  return sentence;
}

/** Milliseconds to wait. The header contains seconds or a date. */
function retryAfter({ headers }: Response): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(wait) ? wait : undefined;
}
