/** What the command does when its output goes nowhere, and when it fails in a way that nobody foresaw. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { LenityError } from "@lenity/core";
import { skipFor } from "../../../test/skips.ts";
import { failureText } from "../src/failure.ts";
import { listenRefusal } from "../src/listen-refusal.ts";
import { main } from "./command.ts";

const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

interface Ended {
  readonly status: number | null;
  readonly err: string;
}

/** Runs it with that standard output: a file, or a pipe whose reader has left. */
function run(
  args: readonly string[],
  out: number | "closed",
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const stdout = out === "closed" ? "pipe" : out;
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", stdout, "pipe"],
  });
  child.stdout?.destroy();
  let err = "";
  child.stderr?.on("data", (data) => (err += data));
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, err })));
}

describe("a reader of the output who leaves ends, quietly and as other commands end, ", () => {
  const commands: readonly (readonly string[])[] = [
    ["chat", question],
    ["chat", question, "--trace"],
    ["chat", question, "--json"],
    ["policies"],
    ["serve", "--port", "0"],
  ];
  for (const command of commands) {
    test(`lenity ${command.join(" ").replace(question, "QUESTION")}`, { timeout: 60_000 }, async () => {
      assert.deepEqual(await run(command, "closed"), { status: 141, err: "" });
    });
  }
});

test("an output that takes nothing more is told of", {
  skip: skipFor("a full disk", !existsSync("/dev/full") && "there is no /dev/full"),
}, async () => {
  for (const command of [["chat", question], ["policies"]]) {
    const { status, err } = await run(command, openSync("/dev/full", "w"));
    assert.equal(status, 1);
    assert.match(err, /^lenity: Cannot write to standard output: .*ENOSPC/m);
    assert.doesNotMatch(err, /at .*\.ts:\d+/);
  }
});

describe("a failure", () => {
  test("shows where it arose to those who ask for it", async () => {
    const args = ["chat", "x", "--policy", "judy"];
    const { err: plain } = await run(args, openSync("/dev/null", "w"));
    assert.match(plain, /^lenity: policy names the unknown preset "judy"[^\n]*\n$/);
    const { err: whole } = await run(args, openSync("/dev/null", "w"), { LENITY_STACK: "1" });
    assert.ok(whole.startsWith(plain));
    assert.match(whole, /at .*\.ts:\d+/);
  });

  test("that nobody foresaw is a sentence too", () => {
    assert.equal(failureText(new LenityError("unsupported", "It cannot be had.")), "It cannot be had.");
    const advice = "Set LENITY_STACK=1 for a stack trace, and please report this.";
    assert.equal(
      failureText(new TypeError("x is no function.\nand more")),
      `unexpected error: x is no function. ${advice}`,
    );
    for (const thrown of ["a text", undefined, null])
      assert.equal(failureText(thrown), `unexpected error: ${thrown}. ${advice}`);
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    assert.equal(failureText(full), "System error: ENOSPC: no space left on device, write.");
  });

  test("outside of what the command waits for is a sentence too, and ends it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lenity-output-"));
    const before = join(folder, "before.mjs");
    for (const failing of ["throw new Error('late');", "Promise.reject(new Error('late'));"]) {
      // Once the command listens for it, and once only.
      const wait = `if (process.listenerCount("unhandledRejection") === 0) return; clearInterval(timer); ${failing}`;
      await writeFile(before, `const timer = setInterval(() => { ${wait} }, 5);`);
      const flag = process.versions["bun"] === undefined ? "--import" : "--preload";
      const child = spawn(process.execPath, [flag, before, main, "serve", "--port", "0"], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let err = "";
      child.stderr.on("data", (data) => (err += data));
      assert.equal(await new Promise((resolve) => child.once("close", resolve)), 1);
      assert.equal(
        err,
        "lenity: unexpected error: late. Set LENITY_STACK=1 for a stack trace, and please report this.\n",
      );
    }
    await rm(folder, { recursive: true });
  });

  test("to listen says what to give instead", () => {
    const place = { host: "here", port: 80 };
    const text = (code: string) =>
      listenRefusal(Object.assign(new Error("the runtime's words"), { code }), place).message;
    assert.match(text("EADDRINUSE"), /^Port 80 on here is in use\. Choose another port with --port, or 0/);
    assert.match(
      text("EACCES"),
      /^This user is not allowed to listen on port 80 of here \(EACCES\)\. Choose another port/,
    );
    assert.match(text("EAI_AGAIN"), /^here is not an address of this machine \(EAI_AGAIN\)\. Set --host/);
    assert.equal(text("EMFILE"), "Cannot listen on here, port 80: the runtime's words.");
  });
});
