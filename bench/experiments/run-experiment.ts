/** Runs an experiment and writes its result file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { RunContext } from "./harness/experiment.ts";
import { weightsHash } from "./harness/models.ts";
import { root } from "./harness/places.ts";
import { type Run, runPart, runPlan } from "./harness/run-plan.ts";
import type { AnyExperiment, ResultFile } from "./page/page.ts";

/** The hashes of the weights that the experiment uses. */
async function pairOf({ plan }: AnyExperiment, { quick, folders }: RunContext): Promise<Record<string, string>> {
  const { complied = false } = plan(quick).needs;
  return {
    target: await weightsHash(folders.target),
    draft: await weightsHash(folders.draft),
    ...(complied ? { complied: await weightsHash(folders.complied) } : {}),
  };
}

const runOf = ({ name }: AnyExperiment, identity: unknown): Run => ({
  name,
  folder: join(root, ".cache/experiments/partial"),
  identity,
});

/** Runs the experiment in processes of this command. */
export async function runExperiment(
  experiment: AnyExperiment,
  context: RunContext,
  how: { readonly command: readonly string[]; readonly processes: number },
): Promise<void> {
  const began = performance.now();
  const { quick, places } = context;
  const pair = await pairOf(experiment, context);
  const { found, done } = await runPlan(runOf(experiment, pair), experiment.plan(quick), how);
  const report = await experiment.report(found, context);
  const file: ResultFile = { experiment: experiment.name, quick, pair, report };
  const path = join(places.results, `${experiment.name}.json`);
  mkdirSync(places.results, { recursive: true });
  writeFileSync(path, `${JSON.stringify(file, null, 1)}\n`);
  done();
  console.log(`${relative(process.cwd(), path)}: ${Math.round((performance.now() - began) / 1000)} s`);
}

/** One process's share of the work. */
export async function runPartOf(
  experiment: AnyExperiment,
  context: RunContext,
  share: { readonly part: number; readonly parts: number },
): Promise<void> {
  const pair = await pairOf(experiment, context);
  await runPart(runOf(experiment, pair), experiment.plan(context.quick), context.folders, share);
}
