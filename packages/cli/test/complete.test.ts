/** `lenity complete`: texts that go on as they stand, with base models and others. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { configOf, small, temporaryFolder, writeModel, writeTexts } from "@lenity/onnx/testing";
import { skipFor } from "../../../test/skips.ts";
import { run } from "./command.ts";

const foreign = join(import.meta.dirname, "../../../../shared/foreign");

interface Completed {
  readonly text: string;
  readonly finish_reason: string;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
  readonly metrics: { readonly acceptance: { readonly law: string; readonly relaxed: number } };
  readonly trace: readonly { readonly token: string }[];
}
/** The JSON of a text that goes on, given as an argument, or, as `undefined`, on standard input. */
async function completed(text: string | undefined, args: readonly string[], input?: string): Promise<Completed> {
  const { status, out, err } = await run(
    ["complete", ...(text === undefined ? [] : [text]), "--json", "--trace", ...args],
    input,
  );
  assert.equal(status, 0, err);
  const answer = JSON.parse(out) as Completed;
  // A stop string cuts the text and not the trace.
  if (!args.includes("--stop")) assert.equal(answer.trace.map(({ token }) => token).join(""), answer.text);
  return answer;
}

const prompt =
  "<|user|>Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?<|end|><|assistant|>";

describe("lenity complete", () => {
  test("goes on with a text as it stands: with the built-in pair, under a policy", async () => {
    const { text, finish_reason, metrics } = await completed(prompt, ["--policy", "judi"]);
    assert.match(text, /#### 7$/);
    assert.deepEqual([finish_reason, metrics.acceptance.law], ["stop", "mixture"]);
    const { status, out, err } = await run(["complete", prompt, "--policy", "judi"]);
    assert.equal(status, 0, err);
    assert.equal(out, `${text}\n`);
    assert.match(err, /\d+ tokens in \d+ target passes \(\d+\.\d per pass\).*by relaxation/);
  });

  test("refuses an empty text where no token begins one", async () => {
    for (const [args, input] of [[[""], undefined] as const, [[], "\n"] as const]) {
      const { status, err } = await run(["complete", ...args], input);
      assert.equal(status, 1);
      assert.match(err, /^lenity: There is no text to continue, and tiny has no token .*Give some text\.\n$/);
    }
  });
});

describe("lenity complete with a base model", () => {
  const texts = [..."abcdefghijklmnopqrstuvwxyz ?!.,:\n"];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dir: string;
  before(async () => {
    folder = await temporaryFolder();
    dir = await writeModel(folder.path, "base");
    await writeTexts(dir, texts, { 33: "<s>" });
    await writeFile(join(dir, "config.json"), JSON.stringify({ ...configOf(small), eos_token_id: null }));
  });
  after(() => folder.remove());
  /** Hot, since the model of random weights repeats itself at temperature 0. */
  const model = () => ["--model", dir, "--max-tokens", "20", "--temperature", "9", "--seed", "4"];

  test("takes the text from standard input, without the one line break at its end", async () => {
    const [one, two] = [await completed("hi", model()), await completed("hi\n", model())];
    assert.deepEqual([one.usage.prompt_tokens, two.usage.prompt_tokens], [2, 3]);
    for (const [input, expected] of [
      ["hi", one] as const,
      ["hi\n", one] as const,
      ["hi\r\n", one] as const,
      ["hi\n\n", two] as const,
    ])
      assert.deepEqual(await completed(undefined, model(), input), expected);
  });

  test("begins with BOS as the folder says", async () => {
    const asked = async (settings: object) => {
      await writeFile(join(dir, "tokenizer_config.json"), JSON.stringify(settings));
      return completed("hi", model());
    };
    const spelled = await completed("<s>hi", model());
    const plain = await asked({ bos_token: "<s>" });
    const begun = await asked({ bos_token: "<s>", add_bos_token: true });
    assert.deepEqual([plain.usage.prompt_tokens, begun.usage.prompt_tokens], [2, 3]);
    assert.deepEqual(begun, spelled);
    assert.notEqual(begun.text, plain.text);
    assert.equal((await completed("", model())).usage.prompt_tokens, 1);
  });

  test("has the flags of chat, and a drafter that changes nothing", async () => {
    const one = await completed("hi", model());
    assert.notEqual((await completed("hi", [...model(), "--seed", "5"])).text, one.text);
    const narrow = await completed("hi", [...model(), "--top-k", "1"]);
    assert.deepEqual((await completed("hi", [...model(), "--temperature", "0"])).text, narrow.text);
    assert.equal((await completed("hi", [...model(), "--top-k", "1", "--draft-tokens", "0"])).text, narrow.text);
    const stop = one.text.slice(4, 6);
    assert.equal((await completed("hi", [...model(), "--stop", stop])).text, one.text.slice(0, one.text.indexOf(stop)));
  });
});

describe("lenity complete with models that others made", {
  skip: skipFor("models of other programs", !existsSync(foreign) && `there is no ${foreign}`),
}, () => {
  for (const name of ["stories-optimum-1.24", "stories-genai-0.14"]) {
    const model = ["--model", join(foreign, name)];

    test(`${name} tells the story that it told its makers`, async () => {
      const story = readFileSync(join(foreign, "stories-expected.txt"), "utf8");
      const { text, usage } = await completed("", [...model, "--max-tokens", "200"]);
      assert.equal(text, story);
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [1, 200]);
      // A space where a word ends is part of what follows.
      for (const beginning of ["Once upon a", "Once upon a time, there was"]) {
        const { text } = await completed(beginning, [...model, "--max-tokens", "60"]);
        assert.equal(beginning + text, story.slice(0, beginning.length + text.length));
        const { out } = await run(["complete", beginning, ...model, "--max-tokens", "60"]);
        assert.equal(out, `${text}\n`);
      }
    });

    test(`${name} is pointed here by chat and serve`, async () => {
      for (const command of [
        ["chat", "hi"],
        ["serve", "--port", "0"],
      ]) {
        const { status, err } = await run([...command, ...model]);
        assert.equal(status, 1);
        assert.match(err, /^lenity: \S+ has no chat template .* Use lenity complete to continue a text\./);
      }
    });
  }
});
