/** Runs the studies of an experiment in several processes, which this one starts. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { withProgress } from "../../../packages/cli/src/progress.ts";
import type { Found, Plan } from "./experiment.ts";
import { type Folders, loadModels } from "./models.ts";
import { type PartialResults, partialResults } from "./partial-results.ts";
import type { Study } from "./study.ts";

/** Where a run keeps its partial results, and what they depend on besides the studies. */
export interface Run {
  readonly name: string;
  readonly folder: string;
  readonly identity: unknown;
}

/** How many pieces a process works on at a time, so that its models run several at once. */
const atOnce = 8;

/** A piece of work. */
interface Piece {
  readonly study: string;
  readonly index: number;
}

const studiesOf = <Results>({ studies }: Plan<Results>): [name: string, study: Study<unknown>][] =>
  Object.entries<Study<unknown>>(studies);

const partialOf = <Results>({ name, folder, identity }: Run, plan: Plan<Results>): PartialResults => {
  const settings = studiesOf(plan).map(([study, { count, settings }]) => [study, count, settings]);
  return partialResults(folder, name, { identity, settings });
};

const piecesOf = <Results>(plan: Plan<Results>): Piece[] =>
  studiesOf(plan).flatMap(([study, { count }]) => Array.from({ length: count }, (_, index) => ({ study, index })));

/** Tells whether a piece is done. */
function isDone(partial: PartialResults): (piece: Piece) => boolean {
  const key = ({ study, index }: Piece) => `${study}/${index}`;
  const done = new Set(partial.read().map(key));
  return (piece) => done.has(key(piece));
}

/**
 * The results of every study. `command` is that of a process, which gets `--part I/N` added and calls `runPart`. Partial
 * results of an interrupted run are continued, until `done` removes them.
 */
export async function runPlan<Results>(
  run: Run,
  plan: Plan<Results>,
  { command, processes }: { readonly command: readonly string[]; readonly processes: number },
): Promise<{ readonly found: Found<Results>; done(): void }> {
  const partial = partialOf(run, plan);
  const pieces = piecesOf(plan);
  let done = pieces.filter(isDone(partial)).length;
  await withProgress("pieces", async (report) => {
    report(done, pieces.length);
    if (done === pieces.length) return;
    const parts = Array.from({ length: processes }, (_, part) =>
      startPart([...command, "--part", `${part}/${processes}`], () => report(++done, pieces.length)),
    );
    await Promise.all(parts);
  });
  const results = partial.read();
  const found = studiesOf(plan).map(([name, { count }]) => {
    const own = new Map(results.filter(({ study }) => study === name).map(({ index, result }) => [index, result]));
    if (own.size < count) throw new Error(`${count - own.size} results of the study ${name} are missing.`);
    return [name, Array.from({ length: count }, (_, index) => own.get(index))];
  });
  return { found: Object.fromEntries(found) as Found<Results>, done: () => partial.remove() };
}

/** Runs a process, which writes a line for each piece that is done. Rejects if it fails. */
function startPart([program, ...args]: readonly string[], onPiece: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program as string, args, { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: child.stdout }).on("line", onPiece);
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`A process of the experiment ended with ${code}; see above.`)),
    );
  });
}

/** Does this process's share of the pieces that are missing: every `parts`-th of them. */
export async function runPart<Results>(
  run: Run,
  plan: Plan<Results>,
  folders: Folders,
  { part, parts }: { readonly part: number; readonly parts: number },
): Promise<void> {
  const partial = partialOf(run, plan);
  const studies = new Map(studiesOf(plan));
  const done = isDone(partial);
  const pieces = piecesOf(plan).filter((piece, i) => i % parts === part && !done(piece));
  if (pieces.length === 0) return;
  const models = await loadModels(folders, plan.needs);
  try {
    const waiting = [...pieces];
    const lane = async () => {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
        const result = await (studies.get(piece.study) as Study<unknown>).run(piece.index, models);
        partial.append(part, { ...piece, result });
        process.stdout.write("done\n");
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  } finally {
    await models.close();
  }
}
