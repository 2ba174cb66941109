/** A model of a running worker as the main thread sees it: its open sessions, and the caches kept from closed ones. */
import type { Token } from "@lenity/core";
import type { SelfCheck } from "../checks/self-check.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { LoadReply, Request } from "../protocol/protocol.ts";
import { type PrefixCache, prefixCaches } from "./prefix-caches.ts";
import { type OnnxSession, openSession } from "./session.ts";
import type { ModelFacts } from "./session-state.ts";
import { type Turns, turns } from "./turns.ts";

/** What an engine needs of its worker. */
export interface RunningWorker {
  readonly link: WorkerLink;
  readonly sessions: number;
  readonly keptBytes: number;
  /** Whether it has replied to a session yet. */
  readonly hasReplied: boolean;
}

/** A model of a worker, which can open sessions. */
export interface WorkerHandle extends RunningWorker {
  /** How many tokens of the prompt a new session would start with. */
  cached(prompt: readonly Token[], scope?: string): number;
  /**
   * Opens a session that starts with the part of the prompt found in a kept cache of the same scope. `blockExact`
   * (default: true) is as in `OpenOptions`.
   */
  open(prompt: readonly Token[], scope?: string, blockExact?: boolean): Promise<OnnxSession>;
}

/** A model that is loaded and checked. */
export interface LoadedWorker extends WorkerHandle {
  readonly graph: LoadReply;
  readonly check: SelfCheck;
  /**
   * Whether single tokens always run alone, because they give the bits that they give in a block. The check must have
   * found no difference, in a model whose numbers are not rounded between operations: rounding would hide one on most
   * tokens.
   */
  readonly aloneAsInBlocks: boolean;
}

/**
 * A new session takes over a kept cache that would lose at most this many tokens; otherwise the rows are copied, so
 * that a prompt that continues differently (another question under the same instructions, another answer to the same
 * question) does not destroy the rest. The allowance covers an answer whose last tokens are encoded differently when
 * the conversation continues.
 */
const mayLose = 8;

/** Where a model is in its worker. */
export interface Place {
  /** Its number there. */
  readonly number: number;
  /** The turns, which all models of the worker share. */
  readonly line: Turns;
}

/** Who a session is for, and how its rows are computed: as in `OpenOptions`. */
interface Opening {
  readonly scope: string | undefined;
  readonly blockExact: boolean;
}

/** The handle of a model that its worker has loaded. It keeps up to `cacheBytes` of caches. */
export function workerHandle(
  link: WorkerLink,
  model: ModelFacts,
  cacheBytes: number,
  { number: place, line }: Place = { number: 0, line: turns() },
): WorkerHandle {
  const caches = prefixCaches(cacheBytes);
  let sessions = 0;
  let nextSession = 0;
  let hasReplied = false;

  const ask = <Reply>(request: Request) => link.request<Reply>(request, undefined, place);
  const free = (session: number) => ask({ type: "close", session });
  const keep = async (session: number, scope: string | undefined, tokens: readonly Token[]) => {
    const bytes = await ask<number>({ type: "measure", session });
    await Promise.all(caches.add({ session, scope, tokens, bytes }).map((cache) => free(cache.session)));
  };
  const session = (id: number, held: readonly Token[], { scope, blockExact }: Opening) =>
    openSession(model, {
      link,
      place,
      id,
      held,
      blockExact,
      turn: line.join(),
      crowded: () => line.waiting > 0,
      alone: () => sessions <= 1,
      onReply() {
        hasReplied = true;
      },
      async onClose(tokens) {
        sessions--;
        // A lost worker has no cache to keep or free.
        await keep(id, scope, tokens).catch(() => {});
      },
    });
  const copied = async ({ session: source }: PrefixCache, held: readonly Token[], opening: Opening) => {
    const id = nextSession++;
    const copy = ask({ type: "copy", session: id, source, length: held.length });
    return copy.then(
      () => session(id, held, opening),
      () => {
        link.check();
        // No memory for the copy: run the prompt again, which may need less.
        return session(id, [], opening);
      },
    );
  };
  return {
    link,
    get sessions() {
      return sessions;
    },
    get keptBytes() {
      return caches.bytes;
    },
    get hasReplied() {
      return hasReplied;
    },
    cached: (prompt, scope) => caches.match(prompt, scope)?.length ?? 0,
    async open(prompt, scope, blockExact = true) {
      sessions++;
      const opening = { scope, blockExact };
      const match = caches.match(prompt, scope);
      if (match === undefined) return session(nextSession++, [], opening);
      const { cache, length } = match;
      const held = prompt.slice(0, length);
      if (cache.tokens.length - length > mayLose) {
        caches.touch(cache);
        return copied(cache, held, opening);
      }
      caches.remove(cache);
      return session(cache.session, held, opening);
    },
  };
}
