/** The page of all experiments: a function of their results. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Experiment } from "../harness/experiment.ts";
import type { Places } from "../harness/places.ts";
import { svgOf } from "./plot.ts";

/** The content of a result file. */
export interface ResultFile {
  readonly experiment: string;
  readonly quick: boolean;
  /** The hashes of the weights. */
  readonly pair: Readonly<Record<string, string>>;
  readonly report: unknown;
}

/** An experiment whatever its types. */
export type AnyExperiment = Experiment<object, unknown>;

const intro = `# Experiments

What the policies cost and what they give, measured with [the built-in pair](../packages/tiny/README.md): a small
target and a far smaller draft, on families of tasks with programs that check the answers. This page is generated from
result files; every number and every statement with a number in it is computed from them. To run an experiment again:

\`\`\`sh
bun run experiment heads     # trains the judges, which the others use
bun run experiment accuracy  # or domain, layers, calibration, safety, length, temperature
\`\`\`

Each takes up to 20 minutes on two CPU cores, with \`--quick\` up to two; quick results go to \`.cache/experiments\`.
[bench/experiments](../bench/experiments/README.md) has the results as JSON, and says how all this works.

**Words.** *Right*: a program finds the answer right, and it ended by itself. *Tokens per pass*: tokens of the answer
divided by the target's passes over drafted blocks; plain decoding has 1. *Strict*: speculative sampling, which
changes nothing about the answers. Intervals are Wilson's at 95 %; *p* is McNemar's exact test against strict
verification on the same problems. There are no times on this page: passes over the same text are computed once for
all policies. `;

const unmeasured = `
There are no results yet: run the experiments.
`;

/** The Markdown of the page. */
export function pageOf(experiments: readonly AnyExperiment[], results: ReadonlyMap<string, ResultFile>): string {
  const sections = experiments.flatMap((experiment, i) => {
    const result = results.get(experiment.name);
    if (result === undefined) return [];
    const plot = (name: string, alt: string) => `![${alt}](experiments/${plotFile(experiment.name, name)})`;
    const quick = result.quick ? "\n*From a quick run: too few problems for conclusions.*\n" : "";
    return [`## ${i + 1}. ${experiment.title}\n${quick}\n${experiment.section(result.report, plot).trim()}\n`];
  });
  return [intro, ...(sections.length === 0 ? [unmeasured] : sections)].join("\n");
}

const plotFile = (experiment: string, name: string): string => `${[experiment, name].filter(Boolean).join("-")}.svg`;

/** Reads the result files that are there. */
export function readResults(experiments: readonly AnyExperiment[], { results }: Places): Map<string, ResultFile> {
  const files = experiments.map(({ name }) => [name, join(results, `${name}.json`)] as const);
  return new Map(
    files.filter(([, path]) => existsSync(path)).map(([name, path]) => [name, JSON.parse(readFileSync(path, "utf8"))]),
  );
}

/** The SVG of every plot, by the name of its file. */
export async function plotsOf(
  experiments: readonly AnyExperiment[],
  results: ReadonlyMap<string, ResultFile>,
): Promise<Map<string, string>> {
  const plots = new Map<string, string>();
  for (const experiment of experiments) {
    const result = results.get(experiment.name);
    if (result === undefined) continue;
    for (const [name, spec] of Object.entries(experiment.plots(result.report)))
      plots.set(plotFile(experiment.name, name), await svgOf(spec));
  }
  return plots;
}

/** Writes the page and all plots. Returns their paths. */
export async function writePage(experiments: readonly AnyExperiment[], places: Places): Promise<string[]> {
  const results = readResults(experiments, places);
  const files = [[places.page, pageOf(experiments, results)] as const];
  for (const [name, svg] of await plotsOf(experiments, results)) files.push([join(places.plots, name), svg]);
  for (const [path, content] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return files.map(([path]) => relative(process.cwd(), path));
}
