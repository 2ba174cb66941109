import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { small, temporaryFolder, writeForm, writeModel, writeTokenizer } from "@lenity/onnx/testing";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  const shape = { ...small, vocabulary: 300 };
  dir = await writeModel(folder.path, "model", shape);
  await writeTokenizer(dir, { chat_template: "{{ messages[0].content }}" });
  await writeForm(dir, join("onnx", "model_quantized.onnx"), shape, { weights: "int8" });
  await writeFile(join(dir, "generation_config.json"), "{}");
});
after(() => folder.remove());

/** Runs the command until it ends by itself, or until it said `until` on standard output. */
function lenity(args: readonly string[], until?: string): Promise<{ out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args, "--model", dir], { env: { ...process.env, NO_COLOR: "1" } });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => {
      out += data;
      if (until !== undefined && out.includes(until)) child.kill("SIGTERM");
    });
    child.stderr.on("data", (data) => (err += data));
    child.on("close", () => resolve({ out, err }));
    child.stdin.end();
  });
}

const warning =
  /^warning: .*model_quantized\.onnx: .* strict verification is not lossless with this file\. Use the folder's variant fp32 \(by dtype\) instead\.$/;
const warned = (text: string) => text.split("\n").filter((line) => warning.test(line)).length;

describe("a model that leaks is told in one line on standard error, and works,", () => {
  test("by lenity chat", async () => {
    const { out, err } = await lenity(["chat", "hi", "--max-tokens", "3", "--json", "--dtype", "q8"]);
    assert.equal(warned(err), 1, err);
    assert.ok(JSON.parse(out).usage.completion_tokens > 0);
  });

  test("by lenity serve", async () => {
    const { out, err } = await lenity(["serve", "--port", "0", "--dtype", "q8"], "/v1/chat");
    assert.equal(warned(err), 1, err);
    assert.match(out, /on http:/);
  });

  test("and not when the variant does not leak", async () => {
    const { err } = await lenity(["chat", "hi", "--max-tokens", "3", "--dtype", "fp32"]);
    assert.doesNotMatch(err, /warning/);
  });
});
