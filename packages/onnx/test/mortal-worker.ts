/** Worker scripts that die at a token, in a folder of a test. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The token at which they die. `tokensOf` never gives it. */
export const deadly = 0;

/**
 * Writes a script that serves a model as `worker.ts` does, until a request with the deadly token comes: then it runs
 * `end`. `begin` runs first.
 */
export async function mortalWorker(folder: string, end = "process.exit(3);", begin = ""): Promise<URL> {
  const file = join(folder, `mortal-${Math.random()}.mjs`);
  const worker = fileURLToPath(new URL("../src/worker.ts", import.meta.url));
  const lines = [
    `import ${JSON.stringify(worker)};`,
    `import { parentPort } from "node:worker_threads";`,
    `const tokens = ({ tokens = [], context = [], begin }) => [...tokens, ...context, ...(begin?.prompt ?? [])];`,
    `parentPort.on("message", ({ request = {} }) => { if (tokens(request).includes(${deadly})) { ${end} } });`,
    begin,
  ];
  await writeFile(file, lines.join("\n"));
  return pathToFileURL(file);
}
