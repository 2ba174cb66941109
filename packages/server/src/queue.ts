import { LenityError } from "@lenity/core";
import { ApiError } from "./api-error.ts";

/** Lets a few answers decode at a time; the others wait in the order in which they came. */
export interface Queue {
  readonly active: number;
  readonly waiting: number;
  /**
   * Does what comes before a turn, such as reading a long prompt. Rejects with 429, before it begins, when those ahead
   * leave no place to wait.
   */
  prepare<Value>(work: () => Promise<Value>): Promise<Value>;
  /**
   * Resolves, when it is one's turn, to the function that ends the turn. Rejects with 429 when too many wait, with
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
      else next(); // the place goes straight to the next one: nobody who comes later slips in between
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
      // A worker's runtime gives up on a request that waits for other requests alone; a timer of its own shows it
      // alive.
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

const left = (): LenityError => new LenityError("aborted", "The client left while it waited.");

const full = (waiting: number): ApiError =>
  new ApiError(429, `The server is busy: ${waiting} requests wait already. Try again later.`, {
    code: "queue_full",
    headers: { "retry-after": "1" },
  });
