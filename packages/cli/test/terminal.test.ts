/** `lenity chat` as a person at a terminal meets it, with the built-in pair. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipFor } from "../../../test/skips.ts";
import { run } from "./command.ts";
import { atTerminal, keys, noTerminal, type Terminal } from "./terminal.ts";

const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";
const held = fileURLToPath(new URL("held-rule.ts", import.meta.url));
const [prompt, figures] = ["you › ", "tokens/pass"];
const yellow = "\x1b[33m";
const timeout = 60_000;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lenity-terminal-"));
});
after(() => rm(folder, { recursive: true }));

/** Asks, and resolves to the answer without the breaks of the terminal. */
async function asked(terminal: Terminal, text: string, last = "#### 7\n"): Promise<string> {
  terminal.enter(text);
  await terminal.until(`${text}\n`);
  return terminal.until(last);
}

/** A terminal of which each question fills one line, once it can be asked. */
async function started(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Terminal> {
  const terminal = atTerminal(["chat", ...args], { columns: 2000, env });
  await terminal.until(prompt);
  return terminal;
}

describe("lenity chat at a terminal", { skip: noTerminal }, () => {
  test("holds a conversation: questions, another policy, an answer that is stopped, and on", { timeout }, async () => {
    const release = join(folder, "release");
    const terminal = await started(["--plugin", held], { HELD_UNTIL: release });
    const strict = await asked(terminal, question);
    const { out } = await run(["chat", question]);
    assert.equal(strict, out);
    assert.match(await terminal.until("\n"), /^\d+\.\d tokens\/pass · \d+ tokens\/s · 0 relaxed\n$/);

    terminal.enter("/policy judy");
    await terminal.until('unknown preset "judy". Did you mean "judi"?');
    terminal.enter("/policy judi");
    await terminal.until("policy: judi (law: mixture)");
    terminal.enter("/clear");
    await terminal.until("Cleared");
    await terminal.until(prompt);
    assert.ok(!terminal.raw().includes(yellow));
    const lenient = await asked(terminal, question);
    assert.equal(lenient, (await run(["chat", question, "--policy", "judi"])).out);
    assert.match(await terminal.until("relaxed\n"), / [1-9]\d* relaxed/);
    assert.ok(terminal.raw().includes(yellow));
    terminal.enter("/legend");
    await terminal.until("relaxed by kl");

    terminal.enter('/policy {"type":"held"}');
    await terminal.until("law: exact");
    terminal.enter("/clear");
    await terminal.until("Cleared");
    await terminal.until(prompt);
    terminal.enter(question);
    await terminal.until(`${question}\n`);
    const beginning = await terminal.until(" ");
    assert.ok(strict.startsWith(beginning));
    terminal.type(keys.interrupt);
    await terminal.until("^C");
    await writeFile(release, "");
    await terminal.until("stopped, kept as far as it came");
    terminal.enter("/stats");
    await terminal.until("3; the conversation has 1, 1 of them stopped\n");
    await terminal.until(prompt);

    assert.equal(await asked(terminal, "/retry"), strict);
    terminal.type(keys.end);
    assert.equal(await terminal.ended, 0);
  });

  test("Ctrl-C drops what is typed, then tells how to leave, then leaves", { timeout }, async () => {
    const terminal = await started([]);
    terminal.type("/undo");
    await terminal.until("/undo");
    terminal.type(keys.interrupt);
    await terminal.until(prompt);
    terminal.enter("/seed 5");
    await terminal.until("seed: 5");
    await terminal.until(prompt);
    terminal.type(keys.interrupt);
    await terminal.until("Press Ctrl-C again, or Ctrl-D, to leave.");
    terminal.type(keys.interrupt);
    assert.equal(await terminal.ended, 0);
    assert.doesNotMatch(terminal.raw(), /nothing to take back/);
  });

  test("a text goes on after a backslash, and the lines above come back", { timeout }, async () => {
    const terminal = await started(["--max-tokens", "3"]);
    terminal.enter("Anna has\\");
    await terminal.until("… › ");
    await asked(terminal, "3 apples.", figures);
    terminal.enter("/undo");
    await terminal.until("Taken back: Anna has 3 apples.");
    await terminal.until(prompt);
    terminal.type(keys.up);
    await terminal.until("/undo");
    terminal.type(keys.enter);
    await terminal.until("There is nothing to take back.");
    terminal.enter("/exit");
    assert.equal(await terminal.ended, 0);
  });

  test("lines that are pasted together are one question", {
    skip: skipFor(
      "pasted lines",
      process.versions["deno"] !== undefined && "Deno's line editor does not know what is pasted",
    ),
    timeout,
  }, async () => {
    const terminal = await started(["--max-tokens", "3"]);
    terminal.type("\x1b[200~Anna has\rfour\r\x1b[201~");
    await terminal.until("… › ");
    await asked(terminal, "apples.", figures);
    terminal.enter("/undo");
    await terminal.until("Taken back: Anna has four apples.");
    terminal.type(keys.end);
    assert.equal(await terminal.ended, 0);
    assert.ok(terminal.raw().includes("\x1b[?2004h") && terminal.raw().includes("\x1b[?2004l"));
  });

  test("what is typed during an answer waits for its turn", { timeout }, async () => {
    const release = join(folder, "release-later");
    const terminal = await started(["--plugin", held, "--policy", '{"type":"held"}'], { HELD_UNTIL: release });
    terminal.enter(question);
    await terminal.until(`${question}\n`);
    const beginning = await terminal.until(" ");
    terminal.enter("/seed 8");
    terminal.type(keys.end);
    await writeFile(release, "");
    const all = beginning + (await terminal.until("seed: 8"));
    const { out: answer } = await run(["chat", question]);
    assert.ok(all.startsWith(answer), all);
    assert.match(all.slice(answer.length), /^.*tokens\/s.*\nyou › \/seed 8\nseed: 8$/);
    assert.equal(await terminal.ended, 0);
  });

  test("shows no color where none is wanted, and fits 40 columns", { timeout }, async () => {
    const terminal = atTerminal(["chat", "--policy", "judi"], { columns: 40, env: { NO_COLOR: "1" } });
    await terminal.until(prompt);
    terminal.enter("/help");
    const help = await terminal.until("next line");
    assert.deepEqual(
      help.split("\n").filter((line) => line.length > 40),
      [],
    );
    await terminal.until(prompt);
    await asked(terminal, "Hi.", figures);
    terminal.type(keys.end);
    assert.equal(await terminal.ended, 0);
    const colors = terminal
      .raw()
      .split("\x1b[")
      .filter((sequence) => /^[\d;]*m/.test(sequence));
    assert.deepEqual(colors, []);
  });
});

test("lenity complete at a terminal continues one text after the other", { skip: noTerminal, timeout }, async () => {
  const terminal = atTerminal(["complete", "--max-tokens", "5"], { columns: 2000 });
  for (const _ of [1, 2]) {
    await terminal.until("text › ");
    terminal.enter("Anna has 3");
    await terminal.until("5 tokens in");
  }
  terminal.type(keys.end);
  assert.equal(await terminal.ended, 0);
});
