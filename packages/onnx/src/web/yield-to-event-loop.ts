/**
 * Resolves after other waiting tasks of this thread have run. WebAssembly computes synchronously: without a pause
 * between runs, a page would not be redrawn and a worker would not notice a cancelled request. Uses a message, since
 * timers wait for milliseconds, and a new channel each time, since some runtimes empty one channel before they look at
 * others.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
