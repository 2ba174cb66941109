/**
 * Long work in steps, so that other work of the thread can go on in between: a generator that yields wherever it may
 * pause.
 */
export type Steps<Value> = Generator<void, Value, void>;

/** Milliseconds of work after which others go first. */
const slice = 5;

/** Does the work without a pause. */
export function atOnce<Value>(steps: Steps<Value>): Value {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The pause after the last slice that has been asked for. */
let lastPause = Promise.resolve();

/** Lets others go first. Several works take turns, so that between two slices of any of them others go. */
function pause(): Promise<void> {
  lastPause = lastPause.then(() => new Promise((resolve) => setTimeout(resolve, 0)));
  return lastPause;
}

/** Does the work in slices of a few milliseconds. */
export async function inSlices<Value>(steps: Steps<Value>): Promise<Value> {
  for (;;) {
    await pause();
    const end = performance.now() + slice;
    do {
      const { done, value } = steps.next();
      if (done === true) return value;
    } while (performance.now() < end);
  }
}
