/**
 * A lock on the GPU. All WebGPU sessions of a process share one device, which is not thread-safe: two sessions that run
 * at the same time fail ("CommandEncoder is already finished"). So a thread uses the device, frees its memory and ends
 * only while it holds the lock.
 */

/** The id of the thread that holds the lock, or 0. Shared by all threads. */
export type GpuLock = Int32Array<SharedArrayBuffer>;

/** The lock of this process, created by the main thread and passed to its workers. */
export const gpuLock: GpuLock = new Int32Array(new SharedArrayBuffer(4));

/**
 * Waits for the lock, unless the thread already holds it. Blocks, so it is for worker threads only. `thread` is the
 * threadId, 1 or more.
 */
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
