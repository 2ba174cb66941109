/** Tables in documents that are made from recorded figures or from the code. To write them again: bun run tables */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EvidenceReport, evidenceTable } from "../bench/evidence.ts";
import { type QualityReport, qualityTable } from "../bench/quality.ts";
import { readJson, readText, root } from "./published-packages.ts";

/** A table that stands between `<!-- name -->` and `<!-- /name -->`. */
export interface GeneratedTable {
  readonly name: string;
  /** The document, from the root. */
  readonly file: string;
  make(): string;
}

export const tables: readonly GeneratedTable[] = [
  { name: "verifiers", file: "README.md", make: verifierTable },
  {
    name: "quality",
    file: "README.md",
    make: () => qualityTable(readJson<QualityReport>("bench/results/quality.json")),
  },
  {
    name: "evidence",
    file: "docs/devices.md",
    make: () => evidenceTable(readJson<EvidenceReport>("bench/results/evidence.json")),
  },
];

/** The command prints it, since it knows the heads of the built-in pair. */
function verifierTable(): string {
  const args = [join(root, "packages/cli/src/main.ts"), "policies", "--markdown"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`lenity policies --markdown ended with ${status}:\n${stderr}`);
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .join("\n");
}

const marks = (name: string): readonly [string, string] => [`<!-- ${name} -->`, `<!-- /${name} -->`];

/** The table as a document shows it; undefined where it has no such marks. */
export function shownTable(document: string, name: string): string | undefined {
  const [begin, end] = marks(name);
  return document.split(begin)[1]?.split(end)[0]?.trim();
}

/** The document with another table between the marks. */
export function withTable(document: string, name: string, table: string): string {
  const [begin, end] = marks(name);
  const [before, rest = ""] = document.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error(`The document has no ${begin} … ${end}.`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}

if (import.meta.main) {
  for (const { name, file, make } of tables) writeFileSync(join(root, file), withTable(readText(file), name, make()));
}
