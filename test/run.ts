/**
 * Runs `npm test`. With names of packages, folders or files, it runs their tests on Bun (see chosen.ts). Without names
 * it runs everything, fast steps first: format and types; tests that measure delays, with nothing beside them; then,
 * two steps at a time, the tests of core, chat and grammar on Bun, Deno and, if there is a Node 24, Node; core and the
 * server in workerd; the page and models on WebGPU in Chromium; models on WebGPU, if Vulkan has a driver; the rest on
 * Bun; the ONNX adapter, the server's sockets and the conversation at a terminal also on Deno and Node; and the
 * packages as npm would publish them. A step's output comes when it ends. At the end it repeats why steps and tests
 * were skipped, and the last line is `N passed, N failed`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism, constants } from "node:os";
import { join } from "node:path";
import { chromiumProgram } from "./browser/chromium.ts";
import { runChosen } from "./chosen.ts";
import { denoExecutable, nodeExecutable, sourceEnvironment } from "./runtimes.ts";
import { skipsIn } from "./skips.ts";
import { vulkanEnvironment } from "./software-vulkan.ts";
import { workerdMissing } from "./workerd/start.ts";

if (process.argv.length > 2) process.exit(await runChosen(process.argv.slice(2)));

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Reads the numbers of passed and failed tests from the output. A step without tests counts as one. */
  readonly counts?: (output: string) => readonly [number, number] | undefined;
}

/** A step that cannot run on this machine, and why. */
interface Skipped {
  readonly name: string;
  readonly reason: string;
}

const root = join(import.meta.dirname, "..");
const bun = process.execPath;
const local = (name: string) => join(root, "node_modules/.bin", name);
const tests = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .sort()
    .map((path) => `./${path}`);
/** Tests that run on every runtime. */
const pure = tests("packages/{core,chat,grammar}/test/*.test.ts");
const remote = tests("packages/remote/test/*.test.ts");
/** Not the million samples of sampling.test.ts, whose figures do not depend on the runtime. */
const remoteElsewhere = remote.filter((path) => !path.endsWith("sampling.test.ts"));
const onnx = tests("packages/onnx/test/*.test.ts");
const everywhere = tests("packages/cli/test/{sockets,terminal}.test.ts");
/** Their bounds hold only on a machine that does nothing else. */
const delays = tests("packages/cli/test/delays.test.ts");

const numbers = (pattern: RegExp) => (output: string) => {
  const found = [...output.matchAll(pattern)].at(-1);
  return found === undefined ? undefined : ([Number(found[1]), Number(found[2])] as const);
};
const bunCounts = numbers(/^\s*(\d+) pass\n(?:\s*\d+ skip\n)?\s*(\d+) fail$/gm);

const vulkan = vulkanEnvironment();
/** Makes tests fail instead of skipping themselves. */
const requiring = { LENITY_WEBGPU: "required" };

/** Run one after another. */
const first: readonly (Step | Skipped)[] = [
  { name: "format and lint", command: [local("biome"), "check", "."] },
  { name: "types", command: [local("tsc")] },
  { name: "types of the page", command: [local("tsc"), "-p", "examples/browser"] },
  onBun("delays", delays),
];
/** Run two at a time. The long ones come early, so that the last to end is a short one. */
const others: readonly (Step | Skipped)[] = [
  // Far from the documents, which build the packages, too.
  packedStep(),
  onBun("core, chat and grammar on Bun", pure),
  onDeno("core, chat and grammar on Deno", pure),
  onNode("core, chat and grammar on Node", pure),
  workerdStep(),
  browserStep(),
  webgpuStep(),
  onBun(
    "the command on Bun",
    tests("packages/cli/test/*.test.ts").filter((path) => !delays.includes(path)),
  ),
  onBun("onnx on Bun", onnx),
  onBun(
    "the built-in pair on Bun",
    ["packages/tiny/test/*.test.ts", "packages/tiny/test/families/*.test.ts"].flatMap(tests),
  ),
  onBun("remote on Bun", remote),
  onDeno("remote on Deno", remoteElsewhere),
  onNode("remote on Node", remoteElsewhere),
  onDeno("onnx on Deno", onnx),
  onNode("onnx on Node", onnx),
  onBun("experiments, the race and other benchmarks on Bun", tests("bench/*/test/*.test.ts")),
  onBun("documents and packages on Bun", tests("{examples,test}/*.test.ts")),
  onBun("server and train on Bun", tests("packages/{server,train}/test/*.test.ts")),
  onDeno("sockets and terminals on Deno", everywhere),
  onNode("sockets and terminals on Node", everywhere),
];

/** The steps that run, which end with this program. */
const running = new Set<ChildProcess>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exit(128 + constants.signals[signal]);
  });
}

let [passed, failed] = [0, 0];
const skips = new Set<string>();
for (const step of first) await take(step);
const waiting = [...others];
const lane = async () => {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await take(step);
};
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
if (skips.size > 0) console.log(`\nSkipped on this machine:\n${[...skips].map((skip) => `  ${skip}`).join("\n")}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function take(step: Step | Skipped): Promise<void> {
  if ("reason" in step) {
    console.log(`\n── ${step.name}: skipped, ${step.reason}`);
    skips.add(`${step.name}: ${step.reason}`);
    return;
  }
  const began = performance.now();
  const { status, output } = await run(step);
  const [good, bad] = step.counts?.(output) ?? (status === 0 ? [1, 0] : [0, 1]);
  passed += good;
  for (const skip of skipsIn(output)) skips.add(skip);
  failed += status !== 0 && bad === 0 ? 1 : bad;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`\n── ${step.name}\n${output}`);
  console.log(`── ${step.name}: ${status === 0 ? "ok" : `failed (exit ${status})`}, ${seconds} s`);
}

function run({ command, env }: Step): Promise<{ status: number; output: string }> {
  const [program, ...args] = command as [string, ...string[]];
  const environment = { ...process.env, NO_COLOR: "1", ...env };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: environment });
    running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        output += data;
      });
    }
    child.on("error", reject);
    child.on("close", (status) => {
      running.delete(child);
      resolve({ status: status ?? 1, output });
    });
  });
}

/** Bun's own limit of 5 seconds a test is short for a busy machine. */
function onBun(name: string, files: readonly string[]): Step {
  return { name, command: [bun, "test", "--timeout", "180000", ...files], counts: bunCounts };
}

function onDeno(name: string, files: readonly string[]): Step {
  const counts = numbers(/(\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/g);
  return { name, command: [denoExecutable(), "test", "-A", "--no-check", ...files], counts, env: sourceEnvironment };
}

/** Runs on Node 24 or newer, which runs TypeScript. LENITY_NODE is its path if the machine's own is older. */
function onNode(name: string, files: readonly string[]): Step | Skipped {
  const node = nodeExecutable(24);
  if ("reason" in node) return { name, reason: node.reason };
  const read = (output: string) => {
    const [pass, fail] = [/^(?:ℹ|#) pass (\d+)$/m.exec(output), /^(?:ℹ|#) fail (\d+)$/m.exec(output)];
    return pass === null || fail === null ? undefined : ([Number(pass[1]), Number(fail[1])] as const);
  };
  const quick = "--import=./test/without-promise-hooks.ts";
  return { name, command: [node.path, quick, "--test", ...files], counts: read, env: sourceEnvironment };
}

/** The packages as npm would publish them, installed into an empty folder. */
function packedStep(): Step | Skipped {
  const name = "the packages, packed and installed";
  if (spawnSync("npm", ["--version"]).status !== 0) return { name, reason: "npm is not installed" };
  return onBun(name, tests("test/packed/*.test.ts"));
}

/** Runs in workerd, if npm has a binary for this platform. */
function workerdStep(): Step | Skipped {
  const name = "core and the server in workerd";
  const reason = workerdMissing();
  if (reason !== undefined) return { name, reason };
  return onBun(name, tests("test/workerd/*.test.ts"));
}

/** Runs the page of examples/browser, and models on WebGPU in a page, if there is a Chromium. */
function browserStep(): Step | Skipped {
  const name = "the page and WebGPU in Chromium";
  if (chromiumProgram() === undefined)
    return withoutWebgpu(name, "Chromium could not be started; set LENITY_CHROMIUM to its path");
  return {
    ...onBun(name, tests("test/browser/*.test.ts")),
    // Chromium contains SwiftShader, too. If SwiftShader works outside Chromium, it must work in it, and tests must not
    // skip themselves.
    env: "env" in vulkan && vulkan.software ? requiring : {},
  };
}

/** Runs models on WebGPU, with a GPU or with a software driver. */
function webgpuStep(): Step | Skipped {
  const name = "models on WebGPU";
  if ("reason" in vulkan) return withoutWebgpu(name, vulkan.reason);
  return {
    ...onBun(name, tests("packages/onnx/test/webgpu/*.test.ts")),
    env: { ...vulkan.env, ...requiring },
  };
}

/** Skips a step because WebGPU is missing. Ends the run instead if LENITY_WEBGPU requires it, as in CI. */
function withoutWebgpu(name: string, reason: string): Skipped {
  if (process.env["LENITY_WEBGPU"] !== "required") return { name, reason };
  throw new Error(`LENITY_WEBGPU requires ${name}, but ${reason}`);
}
