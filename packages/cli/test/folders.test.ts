/** The command with folders of the user's own: what they lack, and what does not fit together. */
import assert from "node:assert/strict";
import { cp, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { configOf, small, writeForm, writeModel, writeTexts } from "@lenity/onnx/testing";
import { run, serve } from "./command.ts";

const texts = [..."abcdefghijklmnopqrstuvwxyz ?!.,:"];
const template = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }} {% endfor %}a:";

let folder = "";
/**
 * A chat model of 50 logits and 34 tokens, the last two of them control tokens, without a token that ends an answer.
 */
let whole = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lenity-cli-"));
  whole = await writeModel(folder, "whole");
  await writeTexts(whole, texts, { 32: "<|a|>", 33: "<|b|>" });
  await writeFile(join(whole, "config.json"), JSON.stringify({ ...configOf(small), eos_token_id: null }));
  await writeFile(join(whole, "tokenizer_config.json"), JSON.stringify({ chat_template: template }));
});
after(() => rm(folder, { recursive: true }));

let copies = 0;
async function copyWith(files: Readonly<Record<string, unknown>>): Promise<string> {
  const dir = join(folder, `copy-${copies++}`);
  await cp(whole, dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(dir, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return dir;
}

/** Answers from most of these folders run on to their limit, and that is told each time. */
const endless = /^warning: \S+ names no token that ends an answer [^\n]+\n/;
const lenity = (...args: readonly string[]) => run(args);

interface Answer {
  readonly text: string;
  readonly finish_reason: string;
  readonly trace: readonly { readonly token: string; readonly id: number }[];
}
async function ask(dir: string, ...more: readonly string[]): Promise<Answer & { readonly err: string }> {
  const { status, out, err } = await lenity(
    "chat",
    "hi",
    "--model",
    dir,
    "--json",
    "--trace",
    "--max-tokens",
    "24",
    ...more,
  );
  assert.equal(status, 0, err);
  return { ...(JSON.parse(out) as Answer), err: err.replace(endless, "") };
}

/** Both commands end with 1 and say this, without a stack trace. */
async function refused(dir: string, message: RegExp, ...more: readonly string[]): Promise<void> {
  for (const command of [
    ["chat", "hi"],
    ["serve", "--port", "0"],
  ]) {
    const { status, err } = await lenity(...command, "--model", dir, ...more);
    assert.equal(status, 1);
    assert.match(err.replace(endless, "").replaceAll("\n", " "), message);
    assert.doesNotMatch(err, /at .*\.ts:\d+/, "a stack trace is no message");
  }
}

describe("a folder of one's own", () => {
  test("never says the padding of its output layer, and stops at any of several tokens", async () => {
    const endless = await ask(whole, "--temperature", "9", "--seed", "4");
    assert.equal(endless.finish_reason, "length");
    assert.ok(endless.trace.every(({ id }) => id < 34));
    assert.ok(new Set(endless.trace.map(({ id }) => id)).size > 10);
    assert.equal(endless.err, "");
    const ids = endless.trace.map(({ id }) => id);
    const dir = await copyWith({ "generation_config.json": { eos_token_id: [49, ids[15], ids[6]] } });
    const end = ids.findIndex((id) => id === ids[6] || id === ids[15]);
    const stopped = await ask(dir, "--temperature", "9", "--seed", "4");
    assert.deepEqual([stopped.trace.map(({ id }) => id), stopped.finish_reason], [ids.slice(0, end + 1), "stop"]);
  });

  test("is described with its padding", async () => {
    const { out } = await lenity("inspect", whole);
    assert.match(out, /vocabulary +34 \(padded to 50\), end tokens: none/);
  });

  test("is told to end no answer, by inspect and before an answer", async () => {
    const { err } = await lenity("chat", "hi", "--model", whole, "--max-tokens", "2");
    assert.match(err, endless);
    assert.match(
      (await lenity("inspect", whole)).out,
      / {2}warnings\n {4}\S+whole names no token that ends an answer /,
    );
    const ending = await copyWith({ "generation_config.json": { eos_token_id: 1 } });
    assert.doesNotMatch((await lenity("chat", "hi", "--model", ending, "--max-tokens", "2")).err, endless);
  });

  test("without a chat template is refused where messages are to be answered, with where one is looked for and what to use instead", async () => {
    const dir = await copyWith({ "tokenizer_config.json": {}, "onnx/model.onnx": "not even opened" });
    const message =
      /^lenity: \S+ has no chat template \(chat_template\.jinja, or .* base model.* lenity complete to continue .* add a template\./;
    await refused(dir, message);
    const { status, err } = await lenity("bench", "quality", "--model", dir);
    assert.deepEqual([status, message.test(err)], [1, true]);
  });

  test("with a template that is not Jinja is refused, with the file", () =>
    copyWith({ "chat_template.jinja": "{% if %}" }).then((dir) =>
      refused(dir, /chat template of copy-\d+ \(.*chat_template\.jinja\) is not valid Jinja/),
    ));

  test("with a broken generation_config.json is refused, with the file", async () => {
    await refused(
      await copyWith({ "generation_config.json": "{" }),
      /generation_config\.json is not JSON.*Fix or remove it/,
    );
    await refused(
      await copyWith({ "generation_config.json": { do_sample: true, temperature: -2 } }),
      /generation_config\.json: temperature is -2; expected .*Fix or remove it/,
    );
  });

  test("whose tokenizer belongs to a larger model is refused, with both sizes", async () => {
    const dir = await copyWith({});
    await writeTexts(dir, [...texts, ...Array.from({ length: 40 }, (_, i) => `t${i}`)]);
    await refused(dir, /has ids up to 71, but the model's vocab_size is 50/);
  });
});

describe("a graph that scores only the last position of a block", () => {
  test("answers plainly, with a warning, and refuses drafts by what they want", async () => {
    const dir = await copyWith({});
    const plain = await ask(dir, "--draft-tokens", "0");
    await writeForm(dir, join("onnx", "model.onnx"), small, { pruned: true });
    const answer = await ask(dir);
    assert.equal(answer.text, plain.text);
    assert.match(
      answer.err,
      /^warning: \S+model\.onnx: the graph scores only the last position .* decodes one token at a time[^\n]*\n$/,
    );
    const { status, err } = await lenity("chat", "hi", "--model", dir, "--draft-tokens", "4");
    assert.equal(status, 1);
    assert.match(
      err,
      /lenity: Policy "sd" reads the target's row of every drafted token, .* Set the number of draft tokens to 0 for plain decoding/,
    );
  });
});

test("--context is the most tokens of a conversation, up to what the model's folder says", async () => {
  const dir = await copyWith({
    "config.json": { ...configOf(small), eos_token_id: null, max_position_embeddings: undefined },
  });
  const assumed = await ask(dir);
  assert.match(
    assumed.err,
    /^lenity: no file in \S+ gives the context length: 2048 tokens are assumed; [^\n]*--context[^\n]*\.\n$/,
  );
  assert.equal(assumed.trace.length, 24);
  const short = await ask(dir, "--context", "12");
  assert.deepEqual([short.finish_reason, short.err], ["length", ""]);
  assert.ok(short.trace.length < 12);
  assert.equal((await ask(whole, "--context", "12")).trace.length, short.trace.length);
  await refused(
    whole,
    /context of 301 tokens was requested, but the model's limit is 300 \(\S+config\.json\)/,
    "--context",
    "301",
  );
  await refused(whole, /--context <n>.* Expected a whole number from 2/, "--context", "1");
});

describe("what generation_config.json recommends", () => {
  const question = { role: "user", content: "hi" };
  /** What the server says to the question of `ask`. */
  async function served(dir: string): Promise<string> {
    const { child, url, ended } = await serve("--model", dir);
    const body = JSON.stringify({ messages: [question], seed: 0, max_tokens: 24 });
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    child.kill("SIGTERM");
    await ended;
    return choices[0]?.message.content ?? "";
  }
  const greedy = ["--temperature", "0"];
  const hot = ["--temperature", "9"];
  const cases: Readonly<Record<string, readonly [object, readonly string[]]>> = {
    nothing: [{}, greedy],
    "sampling at a temperature": [{ do_sample: true, temperature: 9 }, hot],
    "a temperature, without sampling": [{ temperature: 9 }, greedy],
    "the most probable token": [{ do_sample: true, temperature: 9, top_k: 1 }, greedy],
    "the most probable mass": [{ do_sample: true, temperature: 9, top_p: 0.3 }, [...hot, "--top-p", "0.3"]],
    "a least share": [{ do_sample: true, temperature: 9, min_p: 0.2 }, [...hot, "--min-p", "0.2"]],
  };
  for (const [what, [settings, flags]] of Object.entries(cases)) {
    test(`is what chat and serve sample by: ${what}`, async () => {
      const { text: expected } = await ask(whole, ...flags);
      const dir = await copyWith({ "generation_config.json": settings });
      assert.equal((await ask(dir)).text, expected);
      assert.equal(await served(dir), expected);
    });
  }

  test("is overruled by each flag", async () => {
    const dir = await copyWith({
      "generation_config.json": { do_sample: true, temperature: 9, top_k: 1, top_p: 0.3, min_p: 0.95 },
    });
    const open = ["--top-k", "0", "--top-p", "1", "--min-p", "0"];
    assert.notEqual((await ask(whole, ...hot)).text, (await ask(whole)).text);
    assert.equal((await ask(dir, ...open)).text, (await ask(whole, ...hot)).text);
    assert.equal((await ask(dir, ...open, ...greedy)).text, (await ask(whole)).text);
  });
});

describe("a model file under a name of its own", () => {
  const phi = join("onnx", "phi3-cpu-int4.onnx");
  let strange = "";
  before(async () => {
    strange = await copyWith({});
    await rename(join(strange, "onnx", "model.onnx"), join(strange, phi));
  });

  test("is taken where it is the only one, and told on standard error", async () => {
    const answer = await ask(strange);
    assert.equal(answer.text, (await ask(whole)).text);
    assert.match(answer.err, /^lenity: onnx.phi3-cpu-int4\.onnx is used as the model: [^\n]*\.\n$/);
  });

  test("is taken when it is named, beside others, which are listed when none is", async () => {
    const several = await copyWith({ "onnx/model.onnx": "" });
    await rename(join(several, "onnx", "model.onnx"), join(several, "onnx", "other.onnx"));
    await cp(join(strange, phi), join(several, phi));
    await refused(several, /does have onnx.other\.onnx, onnx.phi3-cpu-int4\.onnx: name one as the file/);
    const answer = await ask(several, "--file", phi);
    assert.deepEqual([answer.text, answer.err], [(await ask(whole)).text, ""]);
    await refused(several, /none\.onnx is missing\. Name a file in the folder/, "--file", "none.onnx");
    await refused(
      several,
      /--file a\.onnx and --dtype q4 both choose the model's file/,
      "--file",
      "a.onnx",
      "--dtype",
      "q4",
    );
    assert.match((await lenity("inspect", several, "--file", phi)).out, /model +\S+phi3-cpu-int4\.onnx/);
  });
});

test("a policy whose trained head the folder lacks is refused by the file to put there", async () => {
  for (const name of ["judge", "autojudge"]) {
    const message = new RegExp(
      `^lenity: policy names ${name}, which needs a trained head: put ${name}\\.json into the folder of whole\\. $`,
    );
    await refused(whole, message, "--policy", name);
    await refused(whole, message, "--policy", JSON.stringify({ type: name, threshold: 0.5 }));
    const nested = { type: "or", any: [{ type: "sd" }, { type: name, threshold: 0.5 }] };
    await refused(
      whole,
      new RegExp(`^lenity: policy\\.any\\[1\\] names ${name}, which needs`),
      "--policy",
      JSON.stringify(nested),
    );
  }
  await refused(whole, /unknown preset "judgy"/, "--policy", "judgy");
});

describe("a draft of one's own", () => {
  let sixty = "";
  before(async () => {
    sixty = await writeModel(folder, "sixty", { ...small, vocabulary: 60, layers: 1 }, 2);
    await writeTexts(sixty, texts, { 32: "<|a|>", 33: "<|b|>" });
  });

  test("works with another padding, and says so on standard error alone", async () => {
    const plain = await ask(whole);
    const drafted = await ask(whole, "--draft", sixty);
    assert.equal(drafted.text, plain.text);
    assert.equal(
      drafted.err,
      "lenity: sixty scores 60 ids and whole 50: the tokens are the same, the padding differs.\n",
    );
  });

  test("is loaded in the target's variant, or else in its only one, which is told, or in the one that is named", async () => {
    const target = await copyWith({});
    await cp(join(target, "onnx", "model.onnx"), join(target, "onnx", "model_q4.onnx"));
    const plain = await ask(target, "--dtype", "q4");
    const padding = "lenity: sixty scores 60 ids";
    const other = await ask(target, "--dtype", "q4", "--draft", sixty);
    assert.equal(other.text, plain.text);
    assert.match(other.err, /^lenity: the draft has no q4 variant, so its only one, fp32, is used\.\nlenity: sixty/);
    const both = join(folder, "both");
    await cp(sixty, both, { recursive: true });
    // No model: a draft that is loaded from it is refused.
    await writeFile(join(both, "onnx", "model_fp16.onnx"), "no model");
    await refused(
      target,
      /draft .*both has no q4 variant\. It has fp32, fp16: choose one with --draft-dtype/,
      "--dtype",
      "q4",
      "--draft",
      both,
    );
    await refused(target, /model_fp16\.onnx/, "--draft", both, "--draft-dtype", "fp16");
    const named = await ask(target, "--dtype", "q4", "--draft", both, "--draft-dtype", "fp32");
    assert.ok(!named.err.includes("variant") && named.err.startsWith(padding.replace("sixty", "both")), named.err);
    await refused(target, /--draft-dtype fp16 needs --draft/, "--draft-dtype", "fp16");
  });

  test("with another tokenizer is refused, with both folders and the token", async () => {
    const other = join(folder, "other");
    await cp(sixty, other, { recursive: true });
    await writeTexts(other, [...texts].reverse(), { 32: "<|a|>", 33: "<|b|>" });
    await refused(
      whole,
      /draft model .*other does not match the target .*whole: token 0 is ":" in one and "a"/,
      "--draft",
      other,
    );
  });
});
