import { codeBlocks, commandsIn } from "./code-blocks.ts";
import { readText } from "./published-packages.ts";

/**
 * The commands of some documents, in order. Those of a document build on each other, and write into the current folder.
 */
export const pageCommands: ReadonlyMap<string, readonly string[]> = new Map(
  ["docs/judges.md", "docs/calibration.md"].map((file) => [file, commandsIn(codeBlocks(readText(file)))]),
);
