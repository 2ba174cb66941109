/**
 * Runs `npm start` and `npm test` on a machine that has only Node and npm. Installs Bun from npm at the version that
 * package.json pins (the platform package, so no install script has to run), installs the workspace, and starts the
 * program with the caller's arguments and folder. Signals are passed on, and the exit status is the program's.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const commands = {
  start: ["packages/cli/src/main.ts", "serve"],
  test: ["test/run.ts"],
  lenity: ["packages/cli/src/main.ts"],
};
const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, name ?? ""))
  fail(`bootstrap.mjs expects one of ${Object.keys(commands).join(", ")}; given ${name}.`);

/** Signals that end a program and that it can handle. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const windows = process.platform === "win32";
const script = process.env.npm_lifecycle_event;

const bun = process.versions.bun === undefined ? await pinnedBun() : process.execPath;
await prepare(
  bun,
  ["install", "--frozen-lockfile", "--ignore-scripts", "--silent"],
  "The packages could not be installed; see the message above.",
);
const [program, ...args] = commands[name];
// By default Bun reads both from the current folder, which is the caller's.
const settings = [`--config=${join(root, "bunfig.toml")}`, "--no-env-file"];
process.exit(
  await runChild(bun, [...settings, join(root, program), ...args, ...rest], { cwd: callersFolder(), stdio: "inherit" }),
);

/** The folder that the caller's paths are relative to. npm changes to the root before it runs `npm start`. */
function callersFolder() {
  return (script === "start" && name === "start" && process.env.INIT_CWD) || process.cwd();
}

/**
 * Runs a program, passes signals on to it and returns its exit status. If a signal ended it, this process ends with
 * the same signal. The shell in which npm runs a script does not pass signals on; when it exits, the parent process
 * changes, and the program is stopped.
 */
function runChild(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    const passOn = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, passOn);
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill("SIGTERM");
    }, 100);
    if (script === undefined) clearInterval(watch);
    child.once("error", (error) => fail(`Could not start ${command}: ${error.message}`));
    child.once("exit", (status, signal) => {
      clearInterval(watch);
      for (const each of signals) process.off(each, passOn);
      if (signals.includes(signal)) process.kill(process.pid, signal);
      resolve(signal === null ? status : 128 + constants.signals[signal]);
    });
  });
}

/** The path of the pinned Bun, which is installed from npm if it is missing. */
async function pinnedBun() {
  const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.replace("bun@", "");
  const folder = join(root, ".cache", `bun-${pinned}`);
  if (!existsSync(join(folder, "node_modules"))) {
    const quiet = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
    const args = ["install", "--prefix", folder, ...quiet, `bun@${pinned}`];
    await prepare(windows ? "npm.cmd" : "npm", args, `Bun ${pinned} could not be installed from npm.`);
  }
  const platform = windows ? "windows" : process.platform;
  const cpu = process.arch === "arm64" ? "aarch64" : process.arch;
  const candidates = ["", "-baseline", "-musl", "-musl-baseline"].map((kind) =>
    join(folder, "node_modules/@oven", `bun-${platform}-${cpu}${kind}`, "bin", windows ? "bun.exe" : "bun"),
  );
  const works = candidates.find((path) => existsSync(path) && spawnSync(path, ["--version"]).status === 0);
  return (
    works ??
    fail(
      `npm has no Bun ${pinned} that runs on ${process.platform} ${process.arch}. Install Bun from https://bun.sh and use "bun start".`,
    )
  );
}

/** Runs an installation step in the root, and exits with the message if it fails. */
async function prepare(command, args, message) {
  const shell = command.endsWith(".cmd");
  if ((await runChild(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], shell })) !== 0)
    fail(message);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
