/**
 * What `npm start` and `npm test` run on a machine that has only Node and npm: takes Bun from npm at the version that
 * package.json pins (its platform package, so no install script has to run), installs the workspace, and hands over:
 * arguments, folder, signals and exit status are those of the program that it starts.
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
  fail(`bootstrap.mjs takes one of ${Object.keys(commands).join(", ")}; given ${name}.`);

/** What ends a program from outside, as far as a program may answer it. */
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
// Bun reads these files in the folder that it is started in, which is the caller's.
const own = [`--config=${join(root, "bunfig.toml")}`, "--no-env-file"];
process.exit(
  await passedOn(bun, [...own, join(root, program), ...args, ...rest], { cwd: callersFolder(), stdio: "inherit" }),
);

/** The folder that relative paths are meant from: npm goes to the checkout's own before it runs `npm start`. */
function callersFolder() {
  return (script === "start" && name === "start" && process.env.INIT_CWD) || process.cwd();
}

/**
 * Runs a program and passes on to it what tells this one to end. Returns its exit status; a signal that ended it ends
 * this process too. The shell through which npm runs a script passes nothing on: it is gone, and this program learns it
 * by its parent.
 */
function passedOn(command, args, options) {
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
    child.once("error", (error) => fail(`${command} does not start: ${error.message}`));
    child.once("exit", (status, signal) => {
      clearInterval(watch);
      for (const each of signals) process.off(each, passOn);
      if (signals.includes(signal)) process.kill(process.pid, signal);
      resolve(signal === null ? status : 128 + constants.signals[signal]);
    });
  });
}

/** The pinned Bun, from npm if it is not here yet. */
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
      `No Bun ${pinned} for ${process.platform} ${process.arch} came from npm. Install Bun from https://bun.sh and use "bun start".`,
    )
  );
}

/** Runs in the checkout's root what has to be done before. */
async function prepare(command, args, message) {
  const shell = command.endsWith(".cmd");
  if ((await passedOn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], shell })) !== 0)
    fail(message);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
