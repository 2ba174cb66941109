/** Models on WebGPU in Chromium, with its software adapter SwiftShader. Compares results with WebAssembly, not speed. */
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { build } from "esbuild";
import { serveFolder } from "../../examples/browser/serve.ts";
import { exportDecoder } from "../../packages/onnx/src/index.ts";
import { small, writeModel } from "../../packages/onnx/src/testing/random-llama.ts";
import { skipFor } from "../skips.ts";
import { remedy } from "../software-vulkan.ts";
import { chromiumProgram, startChromium } from "./chromium.ts";
import type { automatic, Compared, paired } from "./webgpu-page.ts";

const program = chromiumProgram();
if (program === undefined) throw new Error("Chromium could not be started. Set LENITY_CHROMIUM to its path.");

const flags = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--ignore-gpu-blocklist",
];
const dist = await mkdtemp(join(tmpdir(), "lenity-webgpu-"));
await writePage();
const server = await serveFolder(dist, { isolated: true, port: 0 });
const browser = await startChromium(program, flags);
const page = await browser.open(server.url);
await page.until("globalThis.compared");
/** Why these tests cannot run here, or false. */
const skip = (await page.evaluate<boolean>("(async () => (await navigator.gpu?.requestAdapter()) != null)()"))
  ? false
  : `This Chromium has no adapter for WebGPU, not even SwiftShader. ${remedy}`;
if (skip !== false && process.env["LENITY_WEBGPU"] === "required") throw new Error(skip);
skipFor("models on WebGPU in Chromium", skip);
after(async () => {
  await page.close();
  await browser.close();
  await server.close();
  await rm(dist, { recursive: true });
});

/** Writes the page's script, the models and ONNX Runtime. Weights are float32; SwiftShader does not support float16. */
async function writePage(): Promise<void> {
  for (const [name, layers] of Object.entries({ target: 2, draft: 1 })) {
    await exportDecoder(await writeModel(dist, name, { ...small, layers }), { weights: "float32" });
  }
  await writeModel(dist, "halves");
  const page = join(import.meta.dirname, "webgpu-page.ts");
  await build({
    entryPoints: [page],
    conditions: ["source"],
    bundle: true,
    format: "esm",
    target: "es2023",
    outdir: dist,
  });
  const { resolve } = createRequire(join(import.meta.dirname, "../../packages/onnx/package.json"));
  const ort = dirname(resolve("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm"));
  await mkdir(join(dist, "ort"));
  for (const name of [
    "ort.webgpu.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
  ]) {
    await cp(join(ort, name), join(dist, "ort", name));
  }
  const script = '<script type="module" src="webgpu-page.js"></script>';
  await writeFile(join(dist, "index.html"), `<!doctype html><link rel="icon" href="data:,">${script}`);
}

/** Calls one of the page's functions. */
const inPage = <Value>(name: string, ...values: readonly (string | number)[]): Promise<Value> =>
  page.evaluate<Value>(`${name}(${values.map((value) => JSON.stringify(value)).join(", ")})`);

describe("on WebGPU in Chromium", { skip }, () => {
  test("a model scores and answers as on WebAssembly, in whole prompts, in blocks and after rewinding, and caches stay there", async () => {
    const { devices, difference, answers, kept, reused, locations, leaked } = await inPage<Compared>(
      "compared",
      "target",
    );
    assert.deepEqual(
      devices.map(({ name }) => name),
      ["cpu", "webgpu"],
    );
    assert.match(
      devices[1]?.why ?? "",
      /^It was requested\. Logits and hidden states differ from the CPU's by \S+ % of what they span/,
    );
    assert.ok(difference <= 1e-5, `It differs by ${difference} of the range of the numbers.`);
    assert.equal(answers[0]?.length, 16);
    assert.deepEqual(answers[1], answers[0]);
    // Inputs and outputs.
    assert.deepEqual(locations, ["past_key_values gpu-buffer", "present gpu-buffer"]);
    // A later prompt reuses the kept prefix. Closing frees everything, including a cache in use.
    assert.ok(kept > 0 && reused === 19);
    assert.equal(leaked, 0);
  });

  test("two models in one page run at the same time, and decode like the target alone", async () => {
    const [plain, drafted] = await inPage<Awaited<ReturnType<typeof paired>>>("paired", "target", "draft");
    assert.equal(plain?.length, 16);
    assert.deepEqual(drafted, plain);
  });

  test("the numbers of drafted blocks are computed there, and match the rows", async () => {
    for (const length of [2, 9, 40]) {
      const [worst, row] = await inPage<readonly [number, number]>("numbers", "target", length);
      assert.ok(worst < 1e-4 && row < 1e-5, `They differ by ${worst}, a row by ${row} of its range.`);
    }
  });

  test("auto chooses it only if it is faster", async () => {
    const { name, why } = await inPage<Awaited<ReturnType<typeof automatic>>>("automatic", "target");
    assert.match(why, /(A block of eight tokens|a matrix product) takes .* there and .* on the CPU/);
    assert.ok(name === "webgpu" || why.startsWith("It runs on WebAssembly. Not on webgpu: "));
  });

  test("a model with float16 runs, or is refused with a remedy if the adapter does not support float16", async () => {
    const message = await inPage<string>("refused", "halves");
    if (message === "") return;
    assert.match(
      message,
      /^halves cannot run on webgpu: [^:]*requires f16.* Use a variant without float16, .*, or the provider wasm\.$/,
    );
  });

  test("the console shows no errors", () => assert.deepEqual(page.errors, []));
});
