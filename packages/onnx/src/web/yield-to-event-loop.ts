/**
 * Resolves when what waits in this thread has had its turn. WebAssembly computes synchronously: without turns between
 * its runs a page would not be drawn, and a worker would not hear that its caller gave up. By a message, since timers
 * wait for milliseconds; by a channel for each, since some runtimes empty one before they look at others.
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
