import { markdownTable } from "../table.ts";
import type { SizesCell, SizesProgram, SizesReport, SizesRow } from "./report.ts";

/**
 * Markdown tables: milliseconds with their quartiles, what a block costs in single steps of the same file, how many
 * times as long other programs take, if some were measured, and what loading costs.
 */
export function sizesTable(report: SizesReport): string {
  const { rows, prompt } = report;
  const lengths = unique(rows.flatMap(({ cells }) => cells.map(({ tokens }) => tokens)));
  const many = lengths.filter((length) => length !== prompt && length > 1);
  const heads = lengths.map((length) => (length === prompt ? `prompt ${length}` : String(length)));
  const steps = markdownTable(
    ["ms", "context", ...heads],
    lines(rows, lengths, ({ low, median, high }) => `${short(median)} (${short(low)}–${short(high)})`),
  );
  const singles = markdownTable(
    ["in single steps", "context", ...many.map(String)],
    lines(rows, many, ({ singles }) => singles?.toFixed(2) ?? "–"),
  );
  const ratios = markdownTable(["times lenity's", "context", ...heads], ratioLines(rows, lengths));
  const loading = markdownTable(
    ["file", "size", "load", "memory / size", "blocks differ by"],
    rows
      .filter(({ program }) => program !== "llama.cpp with draws")
      .map((row) => [
        nameOf(row),
        `${(row.bytes / 1e6).toFixed(0)} MB`,
        `${(row.load / 1000).toFixed(1)} s`,
        (row.memory / row.bytes).toFixed(1),
        difference(row),
      ]),
  );
  const hasPeers = rows.some(({ program }) => program !== "lenity");
  return [steps, singles, ...(hasPeers ? [ratios] : []), loading].join("\n\n");
}

/** The way that lenity stores weights which is compared with a format of llama.cpp. */
const comparedWith: Readonly<Record<string, string>> = { f32: "float32", f16: "float32", q8_0: "int8", q4_0: "int4" };

function ratioLines(rows: readonly SizesRow[], lengths: readonly number[]): string[][] {
  return lines(
    rows.filter(({ program }) => program !== "lenity"),
    lengths,
    (cell, row) => {
      const kind = comparedWith[row.kind] ?? row.kind;
      const own = rows.find((other) => isOf(other, row.shape, "lenity", kind));
      const same = own?.cells.find(({ context, tokens }) => context === cell.context && tokens === cell.tokens);
      return same === undefined ? "–" : (cell.median / same.median).toFixed(2);
    },
  );
}

const isOf = (row: SizesRow, shape: string, program: SizesProgram, kind: string): boolean =>
  row.shape === shape && row.program === program && row.kind === kind;

/** A line for each shape, context and row that was measured there. */
function lines(
  rows: readonly SizesRow[],
  lengths: readonly number[],
  show: (cell: SizesCell, row: SizesRow) => string,
): string[][] {
  const contexts = unique(rows.flatMap(({ cells }) => cells.map(({ context }) => context)));
  const shapes = [...new Set(rows.map(({ shape }) => shape))];
  return shapes.flatMap((shape) =>
    contexts.flatMap((context) =>
      rows
        .filter((row) => row.shape === shape && row.cells.some((cell) => cell.context === context))
        .map((row) => [
          nameOf(row),
          String(context),
          ...lengths.map((length) => {
            const cell = row.cells.find((one) => one.context === context && one.tokens === length);
            return cell === undefined ? "–" : show(cell, row);
          }),
        ]),
    ),
  );
}

const nameOf = ({ shape, program, kind }: SizesRow): string =>
  `${shape}, ${program === "lenity" ? kind : named(program, kind)}`;

const named = (program: SizesProgram, kind: string): string =>
  program === "llama.cpp with draws" ? `llama.cpp ${kind} with draws` : `${program} ${kind}`;

const difference = ({ blockDifference }: SizesRow): string =>
  blockDifference === undefined ? "–" : blockDifference === 0 ? "0" : blockDifference.toPrecision(1);

const unique = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b);
const short = (milliseconds: number) => milliseconds.toFixed(milliseconds < 100 ? 1 : 0);
