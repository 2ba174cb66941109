/**
 * Brings together passes of requests that are handled at the same time. A pass waits until every request in hand has
 * come to one: all computing is done by this thread, so nothing could be done earlier by not waiting.
 */
import type { Pass, Results } from "./pass.ts";

/** Runs passes of one model at once. */
export interface Batch {
  /** The most passes of a run. */
  readonly slots: number;
  /** The outputs that it can return. */
  readonly outputs: readonly string[];
  /** Undefined if they must run one by one after all. */
  run(passes: readonly Pass[]): Promise<readonly Results[] | undefined>;
}

export interface Gathering {
  /** Whether there is more than one request in hand. */
  readonly shared: boolean;
  /** Counts a request among those in hand while it is worked on. */
  during<Value>(work: () => Promise<Value>): Promise<Value>;
  /**
   * Resolves when a request may go on: with the results of its pass, if it has run with others; without, if the request
   * is to run it by itself now. A request without a `pass` never runs with others.
   */
  join(batch: Batch, pass: Pass | undefined): Promise<Results | undefined>;
}

/** Below this number, passes are not worth a run of the graph for several. */
const fewest = 2;

interface Waiting {
  readonly batch: Batch;
  readonly pass: Pass | undefined;
  goOn(results: Results | undefined): void;
}

export function gathering(): Gathering {
  let inHand = 0;
  let waiting: Waiting[] = [];
  let running = false;

  /** Runs what waits, if everybody does: all that can run together, then one that runs by itself. */
  const proceed = async () => {
    while (!running && waiting.length > 0 && waiting.length >= inHand) {
      running = true;
      const gathered = waiting;
      waiting = [];
      const [first, ...others] = await runTogether(gathered);
      // The others wait for the next time, so that one long prompt after another does not hold up the rest.
      waiting = [...others, ...waiting];
      running = false;
      first?.goOn(undefined);
      // What went on may wait again, or be done, only after this.
      if (first !== undefined) return;
    }
  };
  return {
    get shared() {
      return inHand > 1;
    },
    async during(work) {
      inHand++;
      try {
        return await work();
      } finally {
        inHand--;
        void proceed();
      }
    },
    async join(batch, pass) {
      if (inHand <= 1) return undefined;
      return new Promise((resolve) => {
        waiting.push({ batch, pass, goOn: resolve });
        void proceed();
      });
    },
  };
}

/** Runs the passes that can run together, and lets their requests go on. Returns those that must run by themselves. */
async function runTogether(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
  const left: Waiting[] = waiting.filter(({ pass }) => pass === undefined);
  for (const batch of new Set(waiting.map(({ batch }) => batch))) {
    const alike = waiting.filter((one) => one.batch === batch && one.pass !== undefined);
    for (let at = 0; at < alike.length; at += batch.slots) {
      const some = alike.slice(at, at + batch.slots);
      const passes = some.map(({ pass }) => pass as Pass);
      // Whatever fails together is run again one by one, so that only the one at fault fails.
      const results = some.length < fewest ? undefined : await batch.run(passes).catch(() => undefined);
      if (results === undefined) left.push(...some);
      else for (const [index, { goOn }] of some.entries()) goOn(results[index]);
    }
  }
  return left;
}
