import { codeBlocks, commandsIn } from "./code-blocks.ts";
import { readText } from "./published-packages.ts";

/** The commands of docs/judges.md, in order. They build on each other, and write into the current folder. */
export const judgeCommands: readonly string[] = commandsIn(codeBlocks(readText("docs/judges.md")));
