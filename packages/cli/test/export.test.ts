import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { complete, lookupDrafter, seeded } from "@lenity/core";
import { loadModel, loadTokenizer } from "@lenity/onnx";
import { skipFor } from "../../../test/skips.ts";
import { calibrationText } from "../../tiny/src/calibration.ts";
import { main, run } from "./command.ts";

const tiny = fileURLToPath(new URL("../../tiny/", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "lenity-export-"));
after(() => rm(folder, { recursive: true }));

const lenity = (...args: readonly string[]) => run(args);

/** One of the embedded models without its .onnx file. */
async function source(name: "target" | "draft"): Promise<string> {
  const dir = await mkdtemp(join(folder, `${name}-`));
  for (const file of await readdir(join(tiny, name)))
    if (file !== "onnx") await cp(join(tiny, name, file), join(dir, file));
  return dir;
}

describe("lenity export", () => {
  for (const name of ["target", "draft"] as const) {
    test(`writes the embedded ${name} as it is in the repository, byte for byte`, { timeout: 60_000 }, async () => {
      const dir = await source(name);
      const { status, out, err } = await lenity("export", dir, ...(name === "draft" ? ["--drafter"] : []));
      assert.equal(status, 0, err);
      for (const file of await readdir(join(tiny, name, "onnx"))) {
        const committed = await readFile(join(tiny, name, "onnx", file));
        assert.ok(committed.equals(await readFile(join(dir, "onnx", file))), file);
      }
      assert.match(out, /model\.onnx {2}[\d.]+ MB, float16 weights\n/);
      assert.match(out, /offers .* hidden states pre-norm \(\d+\), post-norm \(\d+\)\n/);
      assert.match(out, /checked .* to the bit\n/);
      assert.ok(out.endsWith(`use      lenity chat --model ${dir} "…"\n`));
    });
  }

  const stories = fileURLToPath(new URL("../../../../shared/foreign/stories-safetensors/", import.meta.url));
  const skip = skipFor("models of other programs", !existsSync(stories) && `there is no ${stories}`);
  test("writes weights of another project, which then say what they are known to say", {
    skip,
    timeout: 60_000,
  }, async () => {
    const dir = await mkdtemp(join(folder, "stories-"));
    for (const file of await readdir(stories)) await copyFile(join(stories, file), join(dir, file));
    const { status, out, err } = await lenity("export", dir);
    assert.equal(status, 0, err);
    assert.match(out, /checked .* to the bit\n/);
    const [model, tokenizer] = await Promise.all([loadModel(dir, { threads: 1 }), loadTokenizer(dir)]);
    const { text } = await complete([1], { target: model, tokenizer, drafter: lookupDrafter(), maxTokens: 200 });
    await model.close();
    assert.equal(text.trim(), (await readFile(join(stories, "..", "stories-expected.txt"), "utf8")).trim());
  });

  test("writes split attention when asked", { timeout: 60_000 }, async () => {
    const dir = await source("draft");
    const { status, out, err } = await lenity("export", dir, "--attention", "split", "--file", "onnx/model.onnx");
    assert.equal(status, 0, err);
    assert.match(out, /checked .* to the bit\n/);
    const { cache } = JSON.parse((await lenity("inspect", dir, "--json")).out);
    assert.equal(cache.family, "split");
  });

  test("writes an int8 cache, calls it lossy, and drafts change nothing with it", { timeout: 60_000 }, async () => {
    const dir = await source("target");
    const text = join(folder, "cache.txt");
    await writeFile(text, calibrationText(seeded(77)).slice(0, 20_000));
    const flags = ["--cache-type", "int8", "--calibration", text];
    const { status, out, err } = await lenity("export", dir, ...flags);
    assert.equal(status, 0, err);
    assert.match(out, /lossy .* rounded to int8\n/);
    assert.match(out, /checked .* to the bit\n/);
    const { out: shown } = await lenity("inspect", dir);
    assert.match(shown, /cache {7}split, int8 \(lossy\): /);
    const { cache } = JSON.parse((await lenity("inspect", dir, "--json")).out);
    assert.deepEqual([cache.int8, cache.bytesPerToken], [true, 2 * cache.layers * cache.groups * cache.headSize]);
    const question = "Mia has 4 boxes with 6 shells in each. Then she gives 5 shells to Tom. How many shells are left?";
    const plain = await lenity("chat", question, "--model", dir, "--draft-tokens", "0");
    const drafted = await lenity("chat", question, "--model", dir, "--draft", join(tiny, "draft"));
    assert.deepEqual([plain.status, drafted.status], [0, 0], plain.err + drafted.err);
    assert.match(plain.out, /#### 19\n$/);
    assert.equal(drafted.out, plain.out);
    for (const [more, message] of [
      [["--cache-type", "int8"], /--cache-type int8 needs --calibration FILE/],
      [[...flags, "--attention", "gqa"], /--cache-type int8 needs --attention split/],
      [[...flags, "--drafter"], /--drafter needs --attention gqa.*--cache-type int8 has a different one/],
    ] as const) {
      const { status, err } = await lenity("export", dir, ...more);
      assert.notEqual(status, 0);
      assert.match(err, message);
    }
  });

  test("writes int8 where --dtype int8 finds it, and the pair still solves a problem with it", {
    timeout: 60_000,
  }, async () => {
    const [target, draft] = [await source("target"), await source("draft")];
    const text = join(folder, "calibration.txt");
    const boxes = (n: number) =>
      `<|user|>Anna has ${n} boxes with ${n + 1} apples in each. How many apples?<|end|><|assistant|>`;
    await writeFile(
      text,
      Array.from({ length: 9 }, (_, n) => `${boxes(n + 2)}${n + 2} * ${n + 3} = ${(n + 2) * (n + 3)}<|end|>`).join(""),
    );
    const whole = (await stat(join(tiny, "target/onnx/model.onnx"))).size;
    for (const dir of [target, draft]) {
      const { status, out, err } = await lenity("export", dir, "--weights", "int8", "--calibration", text, "--json");
      assert.equal(status, 0, err);
      const told = JSON.parse(out);
      assert.equal(told.file, join(dir, "onnx/model_int8.onnx"));
      assert.equal(told.bytes, (await stat(told.file)).size);
      assert.ok(told.bytes < 0.6 * whole);
      assert.deepEqual(
        [told.weights, told.activations, told.check.blockDifference, told.check.leak],
        ["int8", "mix", 0, 0],
      );
      assert.equal(told.use, `lenity chat --model ${dir} --dtype int8 "…"`);
    }
    const question =
      "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";
    const { status, out, err } = await lenity("chat", question, "--model", target, "--draft", draft, "--dtype", "int8");
    assert.equal(status, 0, err);
    assert.match(out, /#### 7\n$/);
  });

  test("writes int4 where --dtype q4 finds it, smaller the more of it is int4", { timeout: 60_000 }, async () => {
    const dir = await source("draft");
    const written = async (...flags: readonly string[]) => {
      const { status, out, err } = await lenity("export", dir, "--weights", "int4", ...flags, "--json");
      assert.equal(status, 0, err);
      const { file, bytes, weights, check, use } = JSON.parse(out);
      assert.deepEqual([file, weights, check.leak], [join(dir, "onnx/model_q4.onnx"), "int4", 0]);
      assert.equal(use, `lenity chat --model ${dir} --dtype q4 "…"`);
      return bytes as number;
    };
    const text = join(folder, "text.txt");
    await writeFile(text, "<|user|>How many are 3 and 4?<|end|><|assistant|>3 + 4 = 7<|end|>");
    const sizes = [
      await written("--zero-points", "--calibration", text),
      await written(),
      await written("--head", "int4"),
      await written("--head", "int4", "--embedding", "int4"),
      await written("--head", "int4", "--embedding", "int4", "--block-size", "128"),
    ];
    for (const [i, size] of sizes.slice(1).entries()) assert.ok(size < (sizes[i] as number), sizes.join());
  });

  test("refuses options of other kinds of weights, and sizes of blocks that are not offered", async () => {
    const dir = await source("draft");
    for (const [flags, message] of [
      [["--head", "int4"], /--head needs --weights int4; the weights are float16/],
      [["--weights", "int8", "--zero-points"], /--zero-points needs --weights int4; the weights are int8/],
      [["--weights", "int4", "--activations", "mix"], /--activations needs --weights int8; the weights are int4/],
      [["--calibration", "x"], /--calibration needs --weights int8 or int4; the weights are float16/],
      [["--weights", "int4", "--block-size", "48"], /Expected one of 32, 64, 128/],
    ] as const) {
      const { status, err } = await lenity("export", dir, ...flags);
      assert.notEqual(status, 0);
      assert.match(err, message);
    }
  });

  test("suggests lenity complete for a base model", async () => {
    const dir = await source("draft");
    await writeFile(join(dir, "tokenizer_config.json"), "{}");
    const { status, out, err } = await lenity("export", dir);
    assert.equal(status, 0, err);
    assert.ok(out.endsWith(`use      lenity complete --model ${dir} "…"\n`), out);
  });

  test("names a file of its own for loadModel", async () => {
    const dir = await source("draft");
    const { out } = await lenity(
      "export",
      dir,
      "--weights",
      "int8",
      "--activations",
      "per-row",
      "--file",
      "own/small.onnx",
    );
    assert.match(out, /use {6}loadModel\(.*, \{ file: "own\/small\.onnx" \}\)/);
    assert.deepEqual(await readdir(join(dir, "own")), ["small.onnx"]);
  });

  test("that is cancelled leaves nothing behind, though the Ctrl-C reaches it twice", { timeout: 60_000 }, async () => {
    const dir = await source("target");
    const child = spawn(process.execPath, [main, "export", dir, "--weights", "float32"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let err = "";
    child.stderr.on("data", (data) => (err += data));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const written = () => readdir(join(dir, "onnx")).catch(() => []);
    while ((await written()).length === 0 && child.exitCode === null) await pause(1);
    child.kill("SIGINT");
    await pause(5);
    child.kill("SIGINT"); // passed on by what runs the command
    assert.equal(await ended, 1);
    assert.equal(err, "lenity: The export was cancelled.\n");
    assert.deepEqual(await written(), []);
  });

  test("may run twice at once on one folder", async () => {
    const dir = await source("draft");
    const [a, b] = await Promise.all([lenity("export", dir), lenity("export", dir)]);
    assert.deepEqual([a.status, b.status], [0, 0], a.err + b.err);
    assert.deepEqual(await readdir(join(dir, "onnx")), ["model.onnx"]);
  });
});

describe("lenity export refuses, with what to do,", async () => {
  const dir = await source("draft");
  const empty = join(folder, "empty.txt");
  await writeFile(empty, "");
  const taken = await source("draft");
  await writeFile(join(taken, "onnx"), "");
  const other = await source("draft");
  await writeFile(join(other, "config.json"), JSON.stringify({ model_type: "gemma3_text" }));
  const bare = join(folder, "bare");
  await mkdir(bare);
  await cp(join(dir, "config.json"), join(bare, "config.json"));
  const cases: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
    "a folder that is none": [[join(folder, "nowhere")], /nowhere is neither a folder nor a name on the hub/],
    "a folder without weights": [[bare], /model\.safetensors cannot be read: it is missing/],
    "another architecture": [[other], /model_type "gemma3_text".*Optimum/],
    "a place that cannot be written": [[taken], /model\.onnx cannot be written.*name another file/],
    "other weights": [[dir, "--weights", "int2"], /Expected one of float16, float32, int8/],
    "int8 without a calibration text": [[dir, "--weights", "int8"], /need --calibration FILE.*per-row/],
    "a calibration text that is missing": [
      [dir, "--weights", "int8", "--calibration", join(folder, "no.txt")],
      /Cannot read the calibration text .*no\.txt/,
    ],
    "a calibration text without tokens": [
      [dir, "--weights", "int8", "--calibration", empty],
      /empty\.txt has no tokens/,
    ],
    "calibration of float weights": [[dir, "--calibration", empty], /--calibration needs --weights int8/],
    "activations of float weights": [[dir, "--activations", "mix"], /--activations needs --weights int8/],
    "calibration of rows": [
      [dir, "--weights", "int8", "--activations", "per-row", "--calibration", empty],
      /per-row does not use --calibration/,
    ],
    "a drafter file beside split attention": [
      [dir, "--drafter", "--attention", "split"],
      /--drafter needs --attention gqa/,
    ],
  };
  for (const [what, [args, message]] of Object.entries(cases)) {
    test(what, async () => {
      const { status, out, err } = await lenity("export", ...args);
      assert.equal(status, 1);
      assert.equal(out, "");
      assert.match(err.replaceAll("\n", " "), message);
      assert.doesNotMatch(err, /at .*\.ts:\d+/, "a stack trace is no message");
    });
  }
});
