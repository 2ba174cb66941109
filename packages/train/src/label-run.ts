/** Writes a label file line by line, and continues one that was interrupted. */
import { mkdir, open, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { LenityError } from "@lenity/core";
import { answerLine, checkSource, parseLabels, sourceLine } from "./label-file.ts";
import type { LabelledAnswer, LabelSource } from "./labels.ts";

export interface LabelRun {
  readonly file: string;
  readonly source: LabelSource;
  /** How many answers there are to label. */
  readonly count: number;
  /** Labels one of them, by its index from 0. It must depend on nothing but the index. */
  readonly label: (index: number) => Promise<LabelledAnswer>;
  /** Called at the start, with the answers that the file already has, and after each. */
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** What a label file holds. */
export interface LabelCounts {
  readonly answers: number;
  readonly labels: number;
  /** How many labels are `fine`. */
  readonly fine: number;
}

/**
 * Labels answers and appends each to the file at once. If the file exists, its answers are kept and the run goes on
 * after them; a line that was not completely written is removed. The result is the same file as without interruption,
 * byte for byte. Returns what the file then holds, which is more than `count` answers if it already had more. Rejects
 * with `invalid_request` if the file is not a label file, or comes from other settings.
 */
export async function runLabels({ file, source, count, label, progress }: LabelRun): Promise<LabelCounts> {
  const kept = await begin(file, source);
  let counts = kept.map(countsOf).reduce(sum, { answers: 0, labels: 0, fine: 0 });
  const output = await open(file, "a");
  try {
    for (let index = kept.length; index < count; index++) {
      progress?.(index, count);
      const answer = await label(index);
      await output.appendFile(answerLine(answer));
      counts = sum(counts, countsOf(answer));
    }
    progress?.(count, count);
  } finally {
    await output.close();
  }
  return counts;
}

/** Writes the first line of the file, or removes an incomplete last one. Returns the answers in it. */
async function begin(file: string, source: LabelSource): Promise<readonly LabelledAnswer[]> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return new Uint8Array();
    throw new LenityError("invalid_request", `Cannot read ${file}: ${cause.message}.`, { cause });
  });
  const complete = bytes.lastIndexOf(10) + 1;
  const first = sourceLine(source);
  const text = new TextDecoder().decode(bytes);
  if (complete === 0 && first.startsWith(text)) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, first);
    return [];
  }
  const found = parseLabels(new TextDecoder().decode(bytes.subarray(0, complete)), file);
  checkSource(found.source, source, file);
  await truncate(file, complete);
  return found.answers;
}

const countsOf = ({ labels }: LabelledAnswer): LabelCounts => ({
  answers: 1,
  labels: labels.length,
  fine: labels.filter(({ fine }) => fine).length,
});

const sum = (a: LabelCounts, b: LabelCounts): LabelCounts => ({
  answers: a.answers + b.answers,
  labels: a.labels + b.labels,
  fine: a.fine + b.fine,
});
