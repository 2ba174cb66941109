/**
 * What `npm start` and `npm test` run on a machine that has only Node and npm: takes Bun from npm at the version that package.json pins (its
 * platform package, so no install script has to run), installs the workspace, and hands over.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const commands = { start: ["packages/cli/src/main.ts", "serve"], test: ["test/run.ts"], lenity: ["packages/cli/src/main.ts"] };
const [name, ...rest] = process.argv.slice(2);
if (!(name in commands)) fail(`bootstrap.mjs takes one of ${Object.keys(commands).join(", ")}; given ${name}.`);

const bun = process.versions.bun === undefined ? pinnedBun() : process.execPath;
run(bun, ["install", "--frozen-lockfile", "--ignore-scripts", "--silent"], "The packages could not be installed; see the message above.");
const { status, signal } = spawnSync(bun, [...commands[name], ...rest], { cwd: root, stdio: "inherit" });
process.exit(signal === null ? status : 1);

/** The pinned Bun, from npm if it is not here yet. */
function pinnedBun() {
  const pinned = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager.replace("bun@", "");
  const folder = join(root, ".cache", `bun-${pinned}`);
  if (!existsSync(join(folder, "node_modules"))) {
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    const args = [
      "install",
      "--prefix",
      folder,
      "--no-save",
      "--no-package-lock",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      `bun@${pinned}`,
    ];
    run(npm, args, `Bun ${pinned} could not be installed from npm.`, process.platform === "win32");
  }
  const executable = process.platform === "win32" ? "bun.exe" : "bun";
  const candidates = ["", "-baseline", "-musl", "-musl-baseline"].map((kind) =>
    join(
      folder,
      "node_modules/@oven",
      `bun-${process.platform === "win32" ? "windows" : process.platform}-${cpu()}${kind}`,
      "bin",
      executable,
    ),
  );
  const works = candidates.find((path) => existsSync(path) && spawnSync(path, ["--version"]).status === 0);
  return (
    works ??
    fail(`No Bun ${pinned} for ${process.platform} ${process.arch} came from npm. Install Bun from https://bun.sh and use "bun start".`)
  );
}

/** Bun's name for the processor. */
function cpu() {
  return process.arch === "arm64" ? "aarch64" : process.arch;
}

function run(command, args, message, shell = false) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], shell });
  if (status !== 0) fail(message);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
