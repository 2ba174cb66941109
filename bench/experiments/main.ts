/**
 * bun run experiment NAME [--quick] [--target DIR --draft DIR] [--complied DIR] [--out DIR] [--processes N]
 *
 * NAME is one of the experiments; `heads`, which trains the judges that the others use; or `page`, which writes the page
 * and the plots from the results that are there.
 *
 * Full results of the built-in pair go to bench/experiments and docs. Those of a quick run or of another pair go to
 * .cache/experiments, or to the folder after --out.
 */
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { draft, target } from "@lenity/tiny";
import { experiments } from "./experiments.ts";
import type { Folders } from "./harness/models.ts";
import { headsIn, type Places, placesIn, published, root } from "./harness/places.ts";
import { writePage } from "./page/page.ts";
import { runExperiment, runPartOf } from "./run-experiment.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    target: { type: "string" },
    draft: { type: "string" },
    complied: { type: "string" },
    out: { type: "string" },
    processes: { type: "string", default: String(availableParallelism()) },
    /** `I/N`: which share of the work this process does. Processes are started with it. */
    part: { type: "string" },
  },
});
const [name] = positionals;
const names = ["page", ...experiments.map((experiment) => experiment.name)];
if (name === undefined || !names.includes(name) || positionals.length > 1)
  throw new Error(`Usage: bun run experiment ${names.join("|")} [--quick] [--target DIR --draft DIR] [--out DIR]`);
if ((values.target === undefined) !== (values.draft === undefined))
  throw new Error("A pair is a target and a draft: set both --target and --draft, or neither.");

const places: Places =
  values.out !== undefined
    ? placesIn(resolve(values.out))
    : values.quick
      ? placesIn(join(root, ".cache/experiments/quick"))
      : values.target === undefined
        ? published
        : placesIn(join(root, ".cache/experiments/other"));
const folders: Folders = {
  target: values.target ?? fileURLToPath(target),
  draft: values.draft ?? fileURLToPath(draft),
  complied: values.complied ?? join(root, "packages/tiny/complied"),
  heads: headsIn(places),
};
const context = { quick: values.quick, folders, places };

const experiment = experiments.find((known) => known.name === name);
if (experiment !== undefined && values.part !== undefined) {
  const [part, parts] = values.part.split("/").map(Number) as [number, number];
  await runPartOf(experiment, context, { part, parts });
} else {
  if (experiment !== undefined) {
    const command = [process.execPath, import.meta.filename, ...process.argv.slice(2)];
    await runExperiment(experiment, context, { command, processes: Number(values.processes) });
  }
  for (const path of await writePage(experiments, places)) console.log(path);
}
