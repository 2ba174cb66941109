/**
 * Everything that `npm test` checks, fast things first: format and types, core's tests on Bun, Deno and (where LENITY_NODE names one) Node, the rest
 * on Bun. Ends with a line `N passed, N failed`.
 */
import { spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Reads passed and failed tests from the output; a step without tests counts as one. */
  readonly counts?: (output: string) => readonly [number, number] | undefined;
}

const root = join(import.meta.dirname, "..");
const bun = process.execPath;
const local = (name: string) => join(root, "node_modules/.bin", name);
const tests = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .sort()
    .map((path) => `./${path}`);
const core = tests("packages/core/test/*.test.ts");
const rest = [...tests("packages/{onnx,server,tiny,cli}/test/*.test.ts"), ...tests("{examples,test}/*.test.ts")];

const numbers = (pattern: RegExp) => (output: string) => {
  const found = [...output.matchAll(pattern)].at(-1);
  return found === undefined ? undefined : ([Number(found[1]), Number(found[2])] as const);
};
const bunCounts = numbers(/^\s*(\d+) pass\n(?:\s*\d+ skip\n)?\s*(\d+) fail$/gm);

const steps: readonly (Step | undefined)[] = [
  { name: "format and lint", command: [local("biome"), "check", "."] },
  { name: "types", command: [local("tsc")] },
  { name: "core on Bun", command: [bun, "test", ...core], counts: bunCounts },
  {
    name: "core on Deno",
    command: [denoExecutable(), "test", "-A", "--no-check", ...core],
    counts: numbers(/(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/g),
  },
  nodeStep(),
  { name: "the rest on Bun", command: [bun, "test", "--timeout", "120000", ...rest], counts: bunCounts },
];

let [passed, failed] = [0, 0];
for (const step of steps) {
  if (step === undefined) continue;
  console.log(`\n── ${step.name}`);
  const began = performance.now();
  const { status, output } = await run(step.command);
  const [good, bad] = step.counts?.(output) ?? (status === 0 ? [1, 0] : [0, 1]);
  passed += good;
  failed += status !== 0 && bad === 0 ? 1 : bad;
  console.log(`── ${step.name}: ${status === 0 ? "ok" : `failed (exit ${status})`}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function run(command: readonly string[]): Promise<{ status: number; output: string }> {
  const [program, ...args] = command as [string, ...string[]];
  const environment = { ...process.env, NO_COLOR: "1" };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: environment });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        output += data;
        process.stdout.write(data);
      });
    }
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Deno from npm, by its platform package, so that no install script has to run. */
function denoExecutable(): string {
  const require = createRequire(createRequire(join(root, "package.json")).resolve("deno/package.json"));
  const system = process.platform === "linux" ? "-glibc" : "";
  const folder = dirname(require.resolve(`@deno/${process.platform}-${process.arch}${system}/package.json`));
  return join(folder, process.platform === "win32" ? "deno.exe" : "deno");
}

/** A Node that runs TypeScript (24 or newer), when LENITY_NODE names one. */
function nodeStep(): Step | undefined {
  const node = process.env["LENITY_NODE"];
  if (node === undefined) return undefined;
  if (!existsSync(node)) throw new Error(`LENITY_NODE names ${node}, which does not exist.`);
  const read = (output: string) => {
    const [pass, fail] = [/^(?:ℹ|#) pass (\d+)$/m.exec(output), /^(?:ℹ|#) fail (\d+)$/m.exec(output)];
    return pass === null || fail === null ? undefined : ([Number(pass[1]), Number(fail[1])] as const);
  };
  return { name: "core on Node", command: [node, "--test", ...core], counts: read };
}
