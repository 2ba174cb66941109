/** The wrappers that need no Bun at hand: they behave as the command that they start. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { nodeExecutable } from "../../../test/runtimes.ts";
import { skipFor } from "../../../test/skips.ts";

const root = join(import.meta.dirname, "../../..");
const bootstrap = join(root, "packages/cli/bin/bootstrap.mjs");
const folder = await mkdtemp(join(tmpdir(), "lenity-bootstrap-"));
after(async () => {
  for (const { pid } of started) if (pid !== undefined) endGroup(pid);
  await rm(folder, { recursive: true });
});

/** Servers, which must not outlive a test that fails. */
const started: ChildProcess[] = [];
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended, as they should.
  }
}

const found = (program: string) => spawnSync(program, ["--version"]).status === 0;
const skip = skipFor(
  "npm start and bootstrap.mjs",
  process.platform === "win32"
    ? "the signals are those of Unix"
    : (!found("node") || !found("npm")) && "node and npm are not on the path",
);

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server behind a wrapper, in a process group of its own, once it listens. */
async function serving(
  command: readonly string[],
): Promise<{ child: ChildProcess; url: string; ended: Promise<Ended> }> {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], detached: true });
  started.push(child);
  const ended = new Promise<Ended>((resolve) => child.once("exit", (status, signal) => resolve({ status, signal })));
  let out = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", (data) => {
      const listening = /on (http:\S+)/.exec((out += data))?.[1];
      if (listening !== undefined) resolve(listening);
    });
    void ended.then(() => reject(new Error(`${command.join(" ")} ended: ${out}`)));
  });
  return { child, url, ended };
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    () => true,
    () => false,
  );

/** Whether the port is free, now or within seconds. */
async function freed(url: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (!(await answers(url))) return true;
    await pause(50);
  }
  return false;
}

const wrappers = {
  "bootstrap.mjs": ["node", bootstrap, "start", "--port", "0"],
  "npm start": ["npm", "start", "--", "--port", "0"],
};

describe("a server that was started by", { skip }, () => {
  for (const [name, command] of Object.entries(wrappers)) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      test(`${name} ends when that alone gets ${signal}, before it and with its status`, {
        timeout: 60_000,
      }, async () => {
        const { child, url, ended } = await serving(command);
        assert.ok(await answers(url));
        child.kill(signal);
        assert.deepEqual(await ended, { status: 0, signal: null });
        assert.equal(await answers(url), false);
      });
    }

    test(`${name} ends in good order at a Ctrl-C, which the terminal sends to both`, { timeout: 60_000 }, async () => {
      const { child, url, ended } = await serving(command);
      process.kill(-(child.pid as number), "SIGINT");
      const { status, signal } = await ended;
      // npm itself may report the signal.
      assert.ok(status === 0 || (name === "npm start" && signal === "SIGINT"), `${status} ${signal}`);
      assert.ok(await freed(url));
    });
  }

  test("bootstrap.mjs ends by SIGHUP, and so does the wrapper", { timeout: 60_000 }, async () => {
    const { child, url, ended } = await serving(wrappers["bootstrap.mjs"]);
    child.kill("SIGHUP");
    assert.deepEqual(await ended, { status: null, signal: "SIGHUP" });
    assert.equal(await answers(url), false);
  });

  test("npm start ends when npm is killed", { timeout: 60_000 }, async () => {
    const { child, url, ended } = await serving(wrappers["npm start"]);
    child.kill("SIGKILL");
    await ended;
    assert.ok(await freed(url));
  });
});

/** Runs a program to its end. */
function run(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended & { text: string }> {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  return new Promise((resolve) => child.on("close", (status, signal) => resolve({ status, signal, text })));
}

describe("the command by bootstrap.mjs", { skip }, () => {
  test("reads relative paths from the folder of its caller, and no settings of Bun that lie there", async () => {
    const here = await mkdtemp(join(folder, "here-"));
    await cp(join(root, "packages/tiny/draft"), join(here, "model"), { recursive: true });
    await writeFile(join(here, "bunfig.toml"), 'preload = ["./none.ts"]\n');
    await writeFile(join(here, ".env"), "HF_ENDPOINT=https://elsewhere.example\nLENITY_STACK=1\n");
    const { status, text } = await run(["node", bootstrap, "lenity", "inspect", "./model"], here);
    assert.equal(status, 0, text);
    assert.match(text, /^\.\/model\n/);
    const { text: refusal } = await run(["node", bootstrap, "lenity", "chat", "hi", "--model", "./none"], here);
    assert.match(refusal, /^lenity: \.\/none is neither a folder/);
    assert.doesNotMatch(refusal, /at .*\.ts:\d+/);
  });

  test("ends with the status of the command", async () => {
    assert.equal((await run(["node", bootstrap, "lenity", "frobnicate"], folder)).status, 1);
    assert.equal((await run(["node", bootstrap, "lenity", "--help"], folder)).status, 0);
  });

  test("refuses what it does not know, an object's own names too", async () => {
    for (const name of ["frobnicate", "constructor", ""]) {
      const { status, text } = await run(["node", bootstrap, ...(name === "" ? [] : [name])], folder);
      assert.equal(status, 1);
      assert.match(text, /^bootstrap\.mjs expects one of start, test, lenity; given /);
    }
  });
});

describe("npm start", { skip }, () => {
  test("reads relative paths from the folder of its caller", { timeout: 60_000 }, async () => {
    const served = (model: string) =>
      run(["npm", "--prefix", root, "start", "--", "--port", "0", "--model", model], folder);
    assert.match((await served("./nowhere")).text, /lenity: \.\/nowhere is neither a folder/);
    await cp(join(root, "packages/tiny/draft"), join(folder, "half"), {
      recursive: true,
      filter: (path) => !path.endsWith("onnx"),
    });
    const { status, text } = await served("./half");
    assert.equal(status, 1);
    assert.match(text, /lenity: \.\/half has no ONNX model/);
  });
});

describe("the command by its name", { skip }, () => {
  const link = join(root, "node_modules/.bin/lenity");

  test("is a file of the checkout, which Node runs", () => {
    const { bin } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8"));
    assert.equal(realpathSync(link), realpathSync(join(root, "packages/cli", bin.lenity)));
    assert.match(readFileSync(link, "utf8"), /^#!\/usr\/bin\/env node\n/);
  });

  const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";
  const asked = async (command: readonly string[], cwd: string) => {
    const { status, text } = await run([...command, "chat", question], cwd);
    assert.equal(status, 0, text);
    assert.match(text, /#### 7\n/);
  };

  test("answers on the node of this machine, whichever it is, by npx and from another folder", async () => {
    await asked(["npx", "--no-install", "lenity"], root);
    await asked([link], folder);
  });

  const newer = nodeExecutable(24);
  test("answers on a Node that runs TypeScript, and takes no Bun for it", {
    skip: skipFor("the command by its name on a Node that runs TypeScript", "reason" in newer && newer.reason),
  }, async () => {
    const { path } = newer as { readonly path: string };
    await asked([path, link], folder);
    const { text } = await run([path, link, "--help"], folder, { PATH: "/nowhere" });
    assert.match(text, /Usage: lenity/);
  });

  test("answers on this runtime", () => asked([process.execPath, link], folder));
});
