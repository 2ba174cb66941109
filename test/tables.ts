/** Tables in documents that are generated from recorded figures or from the code. To update them: bun run tables */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EvidenceReport, evidenceTable } from "../bench/evidence.ts";
import { svgOf } from "../bench/experiments/page/plot.ts";
import { type HostileReport, hostileTable } from "../bench/hostile.ts";
import { type LoadReport, loadTable } from "../bench/load.ts";
import { type Machine, machineText } from "../bench/machine.ts";
import { type ManyReport, manyTable } from "../bench/many.ts";
import { type QualityReport, qualityTable } from "../bench/quality.ts";
import { racePlot } from "../bench/race/plot.ts";
import { bestLanesTable, type RaceReport, raceTable, textsTable } from "../bench/race/report.ts";
import { type RemoteReport, remoteTable } from "../bench/remote.ts";
import { type RoundReport, roundTable } from "../bench/round/round.ts";
import { type SizesReport, sizesTable } from "../bench/sizes.ts";
import { type WebgpuReport, webgpuTable } from "../bench/webgpu/report.ts";
import { type Evaluation, evaluationTable } from "../packages/tiny/recipe/evaluation.ts";
import { readJson, readText, root } from "./published-packages.ts";

/** A table between `<!-- name -->` and `<!-- /name -->`. */
export interface GeneratedTable {
  readonly name: string;
  /** The document's path from the root. */
  readonly file: string;
  make(): string;
}

export const tables: readonly GeneratedTable[] = [
  { name: "verifiers", file: "README.md", make: () => verifierTable() },
  {
    name: "quality",
    file: "README.md",
    make: () => qualityTable(readJson<QualityReport>("bench/results/quality.json")),
  },
  {
    name: "quality-sampled",
    file: "docs/benchmarks.md",
    make: () => qualityTable(readJson<QualityReport>("bench/results/quality-sampled.json")),
  },
  {
    name: "load",
    file: "docs/benchmarks.md",
    make: () => loadTable(readJson<LoadReport>("bench/results/load.json")),
  },
  {
    name: "many",
    file: "docs/benchmarks.md",
    make: () => manyTable(readJson<ManyReport>("bench/results/many.json")),
  },
  {
    name: "hostile",
    file: "docs/benchmarks.md",
    make: () => hostileTable(readJson<HostileReport>("bench/results/hostile.json")),
  },
  {
    name: "remote",
    file: "docs/benchmarks.md",
    make: () => remoteTable(readJson<RemoteReport>("bench/results/remote.json")),
  },
  { name: "best-lanes", file: "README.md", make: () => measured<RaceReport>("race", bestLanesTable) },
  { name: "race", file: "docs/performance.md", make: () => measured<RaceReport>("race", raceTable) },
  { name: "texts", file: "docs/performance.md", make: () => textsTable(recorded<RaceReport>("race")) },
  { name: "round", file: "docs/performance.md", make: () => measured<RoundReport>("round", roundTable) },
  { name: "webgpu", file: "docs/performance.md", make: () => webgpuTable(recorded<WebgpuReport>("webgpu")) },
  {
    name: "sizes",
    file: "docs/sizes.md",
    make: () => sizesTable(readJson<SizesReport>("bench/results/sizes.json")),
  },
  {
    name: "evidence",
    file: "docs/devices.md",
    make: () => evidenceTable(readJson<EvidenceReport>("bench/results/evidence.json")),
  },
  { name: "flags", file: "docs/command.md", make: () => printed(["test/flags-table.ts"]) },
  { name: "remote-rules", file: "docs/scaling.md", make: () => printed(["packages/remote/test/rules-table.ts"]) },
  {
    name: "evaluation",
    file: "packages/tiny/README.md",
    make: () => evaluationTable(readJson<Evaluation>("packages/tiny/evaluation.json")),
  },
];

/** Plots of recorded figures, by their paths from the root. */
export const plots: readonly { readonly file: string; svg(): Promise<string> }[] = [
  { file: "docs/performance/race.svg", svg: () => svgOf(racePlot(recorded<RaceReport>("race"))) },
];

const recorded = <Report>(name: string): Report => readJson<Report>(`bench/results/${name}.json`);

/** A table of a benchmark, and the machine that it ran on. */
function measured<Report extends { readonly machine: Machine }>(
  name: string,
  table: (report: Report) => string,
): string {
  const report = recorded<Report>(name);
  return `${table(report)}\n\n${machineText(report.machine)}`;
}

/** Printed by the command, since it reads the heads of the built-in pair. */
const verifierTable = (): string => printed(["packages/cli/src/main.ts", "policies", "--markdown"]);

/** The table that a program prints. */
function printed([script = "", ...args]: readonly string[]): string {
  const command = [join(root, script), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .join("\n");
}

const marks = (name: string): readonly [string, string] => [`<!-- ${name} -->`, `<!-- /${name} -->`];

/** The table in a document; undefined if the document does not have these marks. */
export function shownTable(document: string, name: string): string | undefined {
  const [begin, end] = marks(name);
  return document.split(begin)[1]?.split(end)[0]?.trim();
}

/** The document with the table between the marks replaced. */
export function withTable(document: string, name: string, table: string): string {
  const [begin, end] = marks(name);
  const [before, rest = ""] = document.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`The document has no ${begin} … ${end}.`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

if (import.meta.main) {
  for (const { name, file, make } of tables) writeFileSync(join(root, file), withTable(readText(file), name, make()));
  for (const { file, svg } of plots) writeFileSync(join(root, file), await svg());
}
