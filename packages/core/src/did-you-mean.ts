/** A hint for a misspelt name: the known names, and the one that differs by at most two letters. */
export function didYouMean(given: string, known: readonly string[]): string {
  const close = (edits: number) =>
    given.length > 40 ? undefined : known.find((name) => withinEdits(name, given, edits));
  const near = close(1) ?? close(2);
  return `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}.`;
}

/** Whether at most `edits` insertions, deletions and changes of single letters turn one word into the other. */
function withinEdits(a: string, b: string, edits: number): boolean {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at === a.length && at === b.length) return true;
  if (edits === 0) return false;
  const [restA, restB] = [a.slice(at), b.slice(at)];
  return (
    withinEdits(restA.slice(1), restB.slice(1), edits - 1) ||
    withinEdits(restA.slice(1), restB, edits - 1) ||
    withinEdits(restA, restB.slice(1), edits - 1)
  );
}
