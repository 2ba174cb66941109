/**
 * Milliseconds within which signals count as one. The terminal sends Ctrl-C to this process and to the one that runs it
 * (npm, bun run, bootstrap.mjs), which may pass it on.
 */
const echo = 300;

/**
 * Calls `end` at the first SIGINT or SIGTERM. A second one ends the process immediately, since its sender does not want
 * to wait. Returns a function that removes the handlers.
 */
export function onEndSignal(end: () => void): () => void {
  let first: number | undefined;
  const handle = () => {
    first ??= performance.now();
    if (performance.now() - first > echo) process.exit(1);
    end();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
