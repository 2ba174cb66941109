/** Results on disk while an experiment runs, so that it can go on after an interruption. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One result: a line of JSON. */
export interface PartialResult {
  readonly study: string;
  readonly index: number;
  readonly result: unknown;
}

/** The files of one run, in a folder. Each process appends to its own. */
export interface PartialResults {
  /** All complete lines. */
  read(): PartialResult[];
  append(part: number, result: PartialResult): void;
  remove(): void;
}

/** `identity` is everything that the results depend on; files of other runs are not read. */
export function partialResults(folder: string, name: string, identity: unknown): PartialResults {
  const key = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 12);
  const files = () => globSync(`${name}-${key}-*.jsonl`, { cwd: folder }).map((file) => join(folder, file));
  return {
    read: () => files().flatMap(linesOf),
    append(part, result) {
      const file = join(folder, `${name}-${key}-${part}.jsonl`);
      if (!existsSync(file)) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, "");
      }
      appendFileSync(file, `${JSON.stringify(result)}\n`);
    },
    remove() {
      for (const file of files()) rmSync(file);
    },
  };
}

/** The complete lines: an interrupted process may have left half a line. */
function linesOf(file: string): PartialResult[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as PartialResult];
      } catch {
        return [];
      }
    });
}
