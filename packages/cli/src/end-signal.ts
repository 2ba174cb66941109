/**
 * Milliseconds in which signals count as one: what runs the command (npm, bun run, bootstrap.mjs) may pass on a Ctrl-C
 * that the terminal sent to both.
 */
const echo = 300;

/**
 * Calls `end` at the first signal that tells the process to end. At a second one it ends at once: nobody who signals
 * again wants to wait. The function that comes back leaves signals to the runtime again.
 */
export function onEndSignal(end: () => void): () => void {
  let first: number | undefined;
  const seen = () => {
    first ??= performance.now();
    if (performance.now() - first > echo) process.exit(1);
    end();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, seen);
  return () => {
    for (const signal of signals) process.off(signal, seen);
  };
}
