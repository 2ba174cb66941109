/** The command in a project that has installed the packages, as used in their READMEs. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { codeBlocks, commandsIn } from "../code-blocks.ts";
import { publishedPackages, readText } from "../published-packages.ts";
import { denoExecutable, nodeExecutable } from "../runtimes.ts";
import { skipFor } from "../skips.ts";
import { answerOf } from "./answer-of.ts";
import { outside, run } from "./run.ts";

const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

const [newest, oldest] = [nodeExecutable(24), nodeExecutable(22)];
const node = "path" in oldest ? oldest : newest;
const skip = skipFor("the command on Node alone", "reason" in node && node.reason);

const commands = publishedPackages().flatMap(({ folder }) => commandsIn(codeBlocks(readText(folder, "README.md"))));
/** Run below on a free port. */
const serve = "npx lenity serve --port 8080";

/** On a machine with Node but without Bun and other programs. */
export function testOnNodeAlone(project: () => string): void {
  const alone = async (): Promise<NodeJS.ProcessEnv> => {
    const folder = join(project(), "only-node");
    if (!existsSync(folder)) {
      await mkdir(folder);
      if ("path" in node) await symlink(node.path, join(folder, "node"));
      for (const name of ["npx", "sh"]) await symlink(where(name), join(folder, name));
    }
    return { ...outside, PATH: folder };
  };

  // For `npm install` commands, installed.ts checks that the packages are there.
  for (const command of commands.filter((command) => !command.startsWith("npm install ") && command !== serve)) {
    test(`on Node alone: ${command.slice(0, 60)}`, { skip }, async () => {
      assert.match(command, /^npx lenity /);
      const out = await run(["sh", "-c", command], { cwd: project(), env: await alone() });
      // A judge of sixty questions may accept a wrong number.
      const answered = command.includes("--judge") ? /#### \d+\n/ : /#### 7\n/;
      assert.match(out, command.includes(question) ? answered : /\w/);
    });
  }

  test(`on Node alone: ${serve}`, { skip }, async () => {
    assert.ok(commands.includes(serve));
    const env = await alone();
    // In its own process group, because npx starts the command through a shell.
    const server = spawn("sh", ["-c", serve.replace("8080", "0")], {
      cwd: project(),
      env,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const ended = new Promise((resolve) => server.once("close", resolve));
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let out = "";
        server.stdout.on("data", (data) => {
          const address = /on (http:\S+)/.exec((out += data))?.[1];
          if (address !== undefined) resolve(address);
        });
        void ended.then(() => reject(new Error(`lenity serve ended: ${out}`)));
      });
      assert.match(await answerOf(new URL(url), { messages: [{ role: "user", content: question }] }), /#### 7$/);
    } finally {
      if (server.exitCode === null) process.kill(-(server.pid as number), "SIGTERM");
      await ended;
    }
  });
}

/** The command on the other runtimes. */
export function testOtherRuntimes(project: () => string): void {
  const commands: Record<string, [string, ...string[]]> = {
    Bun: [process.execPath],
    Deno: [denoExecutable(), "run", "-A"],
  };
  for (const [name, command] of Object.entries(commands)) {
    test(`on ${name}: lenity chat`, async () => {
      const out = await run([...command, "node_modules/lenity/bin/lenity.mjs", "chat", question], {
        cwd: project(),
        env: outside,
      });
      assert.match(out, /#### 7\n/);
    });
  }
}

/** The path of a program on this machine. */
function where(name: string): string {
  const paths = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => existsSync(path)) ?? assert.fail(`${name} is not on this machine.`);
}
