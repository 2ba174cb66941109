import { LenityError } from "@lenity/core";
import { ApiError } from "../http/api-error.ts";

/** Limits how many answers decode at the same time. The others wait in order of arrival. */
export interface Queue {
  readonly active: number;
  readonly waiting: number;
  /**
   * Runs work that comes before a turn, such as encoding a long prompt. Rejects with 429, without starting it, if there
   * is no room left to wait.
   */
  prepare<Value>(work: () => Promise<Value>): Promise<Value>;
  /**
   * Waits for a turn and resolves to the function that ends it. Rejects with 429 if too many are waiting, or with
   * `aborted` on the signal.
   */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createQueue(concurrency: number, maxQueue: number): Queue {
  const line: (() => void)[] = [];
  let active = 0;
  let preparing = 0;

  const turn = () => {
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const next = line.shift();
      if (next === undefined) active--;
      else next(); // passes the place on directly, so that no later request can take it
    };
  };
  return {
    get active() {
      return active;
    },
    get waiting() {
      return line.length;
    },
    async prepare(work) {
      if (active + line.length + preparing >= concurrency + maxQueue) throw full(line.length + preparing);
      preparing++;
      try {
        return await work();
      } finally {
        preparing--;
      }
    },
    async enter(signal) {
      if (signal.aborted) throw left();
      if (active < concurrency) {
        active++;
        return turn();
      }
      if (line.length >= maxQueue) throw full(line.length);
      // A worker's runtime cancels a request that waits only for other requests. A timer keeps it alive.
      const alive = setInterval(() => {}, 1000);
      const turned = new Promise<() => void>((resolve, reject) => {
        const start = () => {
          signal.removeEventListener("abort", leave);
          resolve(turn());
        };
        const leave = () => {
          line.splice(line.indexOf(start), 1);
          reject(left());
        };
        line.push(start);
        signal.addEventListener("abort", leave, { once: true });
      });
      return turned.finally(() => clearInterval(alive));
    },
  };
}

const left = (): LenityError => new LenityError("aborted", "The client disconnected while waiting.");

const full = (waiting: number): ApiError =>
  new ApiError(429, `The server is busy: ${waiting} requests are already waiting. Try again later.`, {
    code: "queue_full",
    headers: { "retry-after": "1" },
  });
