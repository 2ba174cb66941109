/** What an earlier run has measured. */
import type { SizesReport, SizesRow } from "./report.ts";

type Settings = Pick<SizesReport, "processor" | "cores" | "threads" | "clock" | "turns" | "prompt">;

/** The earlier report. Throws RangeError if it is of other settings. */
export function continued(earlier: SizesReport, settings: Settings): SizesReport {
  for (const [name, value] of Object.entries(settings) as readonly [keyof Settings, string | number][]) {
    if (earlier[name] === value) continue;
    throw new RangeError(
      `The earlier figures are of ${name} ${earlier[name]}, and this run is of ${value}. Measure with the same settings, or begin a new file.`,
    );
  }
  return earlier;
}

/** What must have been measured for a context to be done. */
export interface Wanted {
  readonly kinds: readonly string[];
  /** Programs besides lenity. */
  readonly engines: readonly string[];
  readonly lengths: readonly number[];
}

/** Whether the shape was measured at that context: all kinds in lenity, and beside them something in each program. */
export function isMeasured(
  { rows }: Pick<SizesReport, "rows">,
  shape: string,
  context: number,
  { kinds, engines, lengths }: Wanted,
): boolean {
  const found = rows.filter(
    (row) =>
      row.shape === shape &&
      lengths.every((length) => row.cells.some((cell) => cell.context === context && cell.tokens === length)),
  );
  return (
    kinds.every((kind) => found.some((row) => row.program === "lenity" && row.kind === kind)) &&
    engines.every((engine) => found.some(({ program }) => program === engine))
  );
}

/** The rows with new ones: of the same file, the new cells of a context replace the old ones. */
export function withRows(rows: readonly SizesRow[], more: readonly SizesRow[]): SizesRow[] {
  const key = ({ shape, program, kind }: SizesRow) => `${shape} ${program} ${kind}`;
  const all = new Map(rows.map((row) => [key(row), row]));
  for (const row of more) {
    const fresh = new Set(row.cells.map(({ context }) => context));
    const old = all.get(key(row));
    const kept = old?.cells.filter(({ context }) => !fresh.has(context)) ?? [];
    const cells = [...kept, ...row.cells].sort((a, b) => a.context - b.context || b.tokens - a.tokens);
    all.set(key(row), { ...row, ...(old && { load: old.load, memory: old.memory }), cells });
  }
  return [...all.values()];
}
