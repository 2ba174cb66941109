/** `lenity chat` as a conversation with lines of a file, and the parts that it shares with one at a terminal. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chatWriter, completeChat } from "@lenity/chat";
import { commandOf } from "../src/chat/commands.ts";
import { chatSettings } from "../src/chat/settings.ts";
import { joinedLines } from "../src/input/joined-lines.ts";
import { type LoadedModels, loadModels } from "../src/load-models.ts";
import { run } from "./command.ts";

const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";
const other = "Tom has 2 bags with 6 nuts in each. Then he eats 3 nuts. How many nuts are left?";

let models: LoadedModels;
before(async () => {
  models = await loadModels({}, "messages");
});
after(() => models.close());

/** The answers of a conversation that stays strict. */
async function conversation(...questions: readonly string[]): Promise<readonly string[]> {
  const writer = chatWriter(models);
  const messages: { readonly role: string; readonly content: string }[] = [];
  const answers: string[] = [];
  for (const content of questions) {
    messages.push({ role: "user", content });
    const { text } = await completeChat(messages, { target: models.target, writer, draftTokens: 0 });
    messages.push({ role: "assistant", content: text });
    answers.push(text);
  }
  return answers;
}

interface Result {
  readonly text: string;
  readonly usage: {
    readonly prompt_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
  readonly metrics: { readonly acceptance: { readonly law: string } };
}

/** The JSON of each answer to these lines. */
async function results(...lines: readonly string[]): Promise<readonly Result[]> {
  const { status, out, err } = await run(["chat", "--json"], `${lines.join("\n")}\n`);
  assert.deepEqual([status, err.includes("lenity:")], [0, false], err);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
}

describe("lenity chat with lines on standard input", () => {
  test("answers each as plain decoding of the whole conversation would, and runs only what is new of it", async () => {
    const [first, second] = (await results(question, "", other)) as [Result, Result];
    assert.deepEqual([first.text, second.text], await conversation(question, other));
    const { prompt_tokens: length, prompt_tokens_details: details } = second.usage;
    assert.ok(length > first.usage.prompt_tokens && details.cached_tokens > first.usage.prompt_tokens);
  });

  test("prints only the answers on standard output, without colors, and figures beside", async () => {
    const { status, out, err } = await run(["chat"], `${question}\n${other}`, {});
    assert.equal(status, 0, err);
    assert.equal(out, `${(await conversation(question, other)).join("\n")}\n`);
    assert.match(err, /^(\d+\.\d tokens\/pass · \d+ tokens\/s · 0 relaxed\n){2}$/);
  });

  test("obeys commands between them", async () => {
    const [plain] = (await conversation(question)) as [string];
    const [a, b, c, d] = (await results(
      ...[question, "/clear", "/policy judi", question, "/undo", "/policy default", "/draft 0", question, "/retry"],
    )) as [Result, Result, Result, Result];
    assert.deepEqual(
      [a, b, c, d].map(({ metrics }) => metrics.acceptance.law),
      ["exact", "mixture", "exact", "exact"],
    );
    assert.deepEqual([a.text, c.text, d.text], [plain, plain, plain]);
    assert.equal(d.usage.prompt_tokens, a.usage.prompt_tokens);
  });

  test("joins lines after a backslash, takes two slashes as one, and puts the system message first", async () => {
    const long = question.replace(". Then", ".\\\nThen");
    const [joined, slash] = (await results(long, "/clear", "//help me")) as [Result, Result];
    assert.deepEqual([joined.text], await conversation(question.replace(". Then", ".\nThen")));
    assert.deepEqual([slash.text], await conversation("/help me"));
    const [without, withSystem] = (await results("Hi.", "/undo", "/system Be short.", "Hi.")) as [Result, Result];
    assert.ok(withSystem.usage.prompt_tokens > without.usage.prompt_tokens);
  });

  test("goes on after what it refuses, says what to do, and exits with 1", async () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ["/polcy", /There is no command \/polcy\. Did you mean "\/policy"\? Known: .*begins with a slash, type two\./],
      ["/policy judy", /policy names the unknown preset "judy"\. Did you mean "judi"\?/],
      ["/policy {type", /\/policy "\{type" is invalid\. It is not valid JSON/],
      ["/policy bounded", /is defined only for drafts sampled .* Set a temperature above 0/],
      ["/draft many", /\/draft "many" is invalid\. Expected a whole number from 0 to 1024, or auto\./],
      ["/temperature -1", /\/temperature "-1" is invalid\. Expected a number from 0 to 100\./],
      ["/seed x", /\/seed "x" is invalid\. Expected a whole number from 0\./],
      ["/drafter modle", /tiny has no drafter "modle"\. Did you mean "model"\?/],
      ["/clear all", /\/clear is followed by "all"; expected nothing\./],
      ["apples ".repeat(600), /holds 512\. .*\/undo drops the last question, \/clear all of them\./],
    ];
    const lines = [...wrong.map(([line]) => line), question];
    const { status, out, err } = await run(["chat"], lines.join("\n"));
    assert.equal(status, 1);
    const told = err.split("\n").filter((line) => line.startsWith("lenity: "));
    assert.equal(told.length, wrong.length);
    for (const [at, [, message]] of wrong.entries()) assert.match(told[at] ?? "", message);
    assert.deepEqual([out.trimEnd()], await conversation(question));
  });

  test("says when the context is full, and goes on with /clear", async () => {
    const until = Array.from({ length: 6 }, () => question);
    const { status, err, out } = await run(["chat"], [...until, "/clear", question].join("\n"));
    assert.equal(status, 1);
    assert.match(err, /the context of 512 tokens is full: \/clear starts anew|holds 512\..*\/clear all of them/);
    assert.ok(out.endsWith(`${(await conversation(question))[0]}\n`));
  });

  test("ends without an answer if there is no question", async () => {
    for (const input of ["", "\n  \n", "/exit\nHi.\n"])
      assert.deepEqual(await run(["chat"], input), { status: 0, out: "", err: "" });
  });

  test("tells what is set, and figures of all answers", async () => {
    const lines = ["/policy", "/draft", "/drafter", "/temperature", "/seed", "/system", "Hi.", "/stats", "/help"];
    const { status, err } = await run(["chat", "--max-tokens", "4", "--policy", "judge"], lines.join("\n"));
    assert.equal(status, 0, err);
    assert.match(err, /^policy: judge \(law: none\)\n {2}strict +Speculative sampling.*verifiers for JSON: sd, /s);
    assert.match(err, /^draft: auto, up to 25\ndrafter: model\ntemperature: 0\nseed: 0\nsystem: none\n/m);
    assert.match(err, /cut off at the token limit\n {2}answers +1; the conversation has 1, 0 of them stopped\n/);
    assert.match(err, /^ {2}context +\d+ of 512 tokens after the last whole answer; \d+ of \d+ tokens of/m);
    for (const name of ["policy", "draft", "drafter", "temperature", "seed", "system", "clear", "undo", "retry"])
      assert.match(err, new RegExp(`^  /${name} `, "m"));
  });

  test("answers again with the next seed where the seed matters", async () => {
    const sampled = ["/temperature 1", "/seed 3", question, "/retry", "/clear", "/seed 4", question];
    const [first, again, fourth] = (await results(...sampled)) as [Result, Result, Result];
    assert.notEqual(again.text, first.text);
    assert.equal(again.text, fourth.text);
  });
});

describe("settings of a conversation", () => {
  test("change together or not at all", () => {
    const settings = chatSettings({ policy: "judi", seed: 0 }, models);
    assert.throws(() => settings.change({ drafter: "lookup" }), {
      code: "unsupported",
      message: /only proposes tokens/,
    });
    assert.deepEqual([settings.drafter, settings.speculation.verifier.law], ["model", "mixture"]);
    settings.change({ policy: "strict", drafter: "lookup" });
    assert.equal(settings.drafter, "lookup");
    settings.change({ draftTokens: 0 });
    assert.deepEqual([settings.speculation.draftTokens, settings.speculation.createDrafter], [0, undefined]);
  });
});

describe("what is typed", () => {
  test("is a command after one slash only", () => {
    assert.equal(commandOf("What is /help?"), undefined);
    assert.equal(commandOf("//help"), undefined);
    const [command, argument] = commandOf('/policy  {"type":\n"sd"}') ?? [];
    assert.deepEqual([command?.name, argument], ["policy", '{"type":\n"sd"}']);
    assert.throws(() => commandOf("/"), { message: /There is no command \/\./ });
  });

  test("is one text from a backslash or an open paste to the next line without", () => {
    const lines = joinedLines();
    assert.equal(lines.add("a\\"), undefined);
    assert.equal(lines.begun, true);
    assert.equal(lines.add("b\\", true), undefined);
    assert.equal(lines.add("c"), "a\nb\\\nc");
    assert.equal(lines.begun, false);
    lines.add("left\\");
    assert.deepEqual([lines.end(), lines.end()], ["left", undefined]);
  });
});
