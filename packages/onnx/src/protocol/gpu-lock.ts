/**
 * A lock on the GPU. All sessions of a process on WebGPU share one device, which is not made for threads: two that run
 * at once fail ("CommandEncoder is already finished"). So a thread works with it, frees its memory and ends only while
 * it holds the lock.
 */

/** The id of the thread that holds the lock; 0: none. Shared by all threads. */
export type GpuLock = Int32Array<SharedArrayBuffer>;

/** The lock of this process: made by its main thread, handed to its workers. */
export const gpuLock: GpuLock = new Int32Array(new SharedArrayBuffer(4));

/** Waits for the lock, unless the thread holds it. Blocks: for worker threads. `thread` is its threadId, from 1. */
export function takeGpu(lock: GpuLock, thread: number): void {
  for (;;) {
    const holder = Atomics.compareExchange(lock, 0, 0, thread);
    if (holder === 0 || holder === thread) return;
    Atomics.wait(lock, 0, holder);
  }
}

/** Releases the lock, if that thread holds it. */
export function releaseGpu(lock: GpuLock, thread: number): void {
  if (Atomics.compareExchange(lock, 0, thread, 0) === thread) Atomics.notify(lock, 0);
}
