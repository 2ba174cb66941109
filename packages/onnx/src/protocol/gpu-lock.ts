/**
 * Turns at the GPU. All sessions of a process on WebGPU share one device, which is not made for threads: two that run at once fail ("CommandEncoder
 * is already finished"). So a thread works with it, frees its memory and ends in its turn only.
 */

/** The id of the thread whose turn it is; 0: nobody's. Shared by all threads. */
export type Turns = Int32Array<SharedArrayBuffer>;

/** Turns of this process: made by its main thread, handed to its workers. */
export const turns: Turns = new Int32Array(new SharedArrayBuffer(4));

/** Waits for the turn, unless the thread has it. Blocks: for worker threads. `thread` is its threadId, from 1. */
export function takeTurn(turns: Turns, thread: number): void {
  for (;;) {
    const holder = Atomics.compareExchange(turns, 0, 0, thread);
    if (holder === 0 || holder === thread) return;
    Atomics.wait(turns, 0, holder);
  }
}

/** Ends the turn of that thread, if it has it. */
export function endTurn(turns: Turns, thread: number): void {
  if (Atomics.compareExchange(turns, 0, thread, 0) === thread) Atomics.notify(turns, 0);
}
