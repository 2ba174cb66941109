import { LenityError } from "@lenity/core";

/**
 * A caller's signal, and shared memory through which the model's thread sees it. A message would wait until that
 * thread's queue is empty.
 */
export interface Cancellation {
  readonly signal: AbortSignal;
  readonly flag: ArrayBufferLike;
}

/** The cancellation for a signal, if there is one. */
export function cancellation(signal: AbortSignal | undefined): Cancellation | undefined {
  // Pages that are not cross-origin isolated cannot share memory between threads. A model in the page's own thread does
  // not need to.
  const Memory = globalThis.SharedArrayBuffer ?? ArrayBuffer;
  return signal === undefined ? undefined : { signal, flag: new Memory(4) };
}

/**
 * A promise that rejects with `aborted` and sets the flag as soon as the signal fires. `begin` is not called when the
 * signal has already fired.
 */
export function cancellable<Value>(
  cancel: Cancellation | undefined,
  begin: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const signal = cancel?.signal;
    const abort = () => {
      if (cancel !== undefined) Atomics.store(new Int32Array(cancel.flag), 0, 1);
      reject(new LenityError("aborted", "The request was cancelled.", { cause: signal?.reason }));
    };
    if (signal?.aborted === true) return abort();
    signal?.addEventListener("abort", abort, { once: true });
    const settle =
      <T>(act: (value: T) => void) =>
      (value: T) => {
        signal?.removeEventListener("abort", abort);
        act(value);
      };
    try {
      begin(settle(resolve), settle(reject));
    } catch (error) {
      settle(reject)(error);
    }
  });
}
