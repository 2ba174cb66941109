/** Why tests are skipped on a machine. Printed where it is found out, because Bun's runner does not print reasons. */
const mark = "Skipped: ";

/**
 * The `skip` option of tests of `what`: the reason why they cannot run here, or false if there is none. Prints the
 * reason, which `npm test` repeats at its end.
 */
export function skipFor(what: string, reason: string | false | undefined): string | false {
  if (reason === undefined || reason === false) return false;
  console.log(`${mark}${what}: ${reason}`);
  return reason;
}

/** What tests have printed with `skipFor`, each once, without the mark. Node's runner may put `# ` before a line. */
export function skipsIn(output: string): string[] {
  const found = output.matchAll(new RegExp(`^(?:# )?${mark}(.+)$`, "gm"));
  return [...new Set(Array.from(found, ([, text]) => (text as string).trimEnd()))];
}
