import { markdownTable } from "../table.ts";
import type { SizesCell, SizesReport, SizesRow } from "./report.ts";

/**
 * Three Markdown tables: milliseconds with their quartiles, what a block costs in single steps of the same file, and
 * what loading costs.
 */
export function sizesTable({ rows, prompt }: SizesReport): string {
  const contexts = [...new Set(rows.flatMap(({ cells }) => cells.map(({ context }) => context)))];
  const lengths = [...new Set(rows.flatMap(({ cells }) => cells.map(({ tokens }) => tokens)))].sort((a, b) => a - b);
  const blocks = lengths.filter((length) => length !== prompt);
  const lines = (heads: readonly number[], show: (cell: SizesCell) => string) =>
    contexts.flatMap((context) =>
      rows.map((row) => [
        `${row.shape}, ${row.kind}`,
        String(context),
        ...heads.map((n) => cellOf(row, context, n, show)),
      ]),
    );
  const steps = markdownTable(
    ["ms", "context", ...lengths.map((n) => (n === prompt ? `prompt ${n}` : String(n)))],
    lines(lengths, ({ low, median, high }) => `${short(median)} (${short(low)}–${short(high)})`),
  );
  const many = blocks.filter((n) => n > 1);
  const singles = markdownTable(
    ["in single steps", "context", ...many.map(String)],
    lines(many, ({ singles }) => singles?.toFixed(2) ?? "–"),
  );
  const loading = markdownTable(
    ["file", "size", "load", "memory / size", "blocks differ by"],
    rows.map(({ shape, kind, bytes, load, memory, blockDifference }) => [
      `${shape}, ${kind}`,
      `${(bytes / 1e6).toFixed(0)} MB`,
      `${(load / 1000).toFixed(1)} s`,
      (memory / bytes).toFixed(1),
      blockDifference === 0 ? "0" : blockDifference.toPrecision(1),
    ]),
  );
  return [steps, singles, loading].join("\n\n");
}

function cellOf(row: SizesRow, context: number, tokens: number, show: (cell: SizesCell) => string): string {
  const cell = row.cells.find((one) => one.context === context && one.tokens === tokens);
  return cell === undefined ? "–" : show(cell);
}

const short = (milliseconds: number) => milliseconds.toFixed(milliseconds < 100 ? 1 : 0);
