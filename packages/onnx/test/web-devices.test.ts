/** Where ./web puts a model, with WebGPU played by WebAssembly. */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as ort from "onnxruntime-web";
import { filesIn } from "../src/folder/disk-files.ts";
import { exportDrafter } from "../src/index.ts";
import { temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { scriptedScores } from "../src/testing/scripted-scores.ts";
import { loadModel, type ModelFiles, type OnnxModel, type WebLoadOptions } from "../src/web/index.ts";
import { ownRuntime } from "../src/web/own-runtime.ts";
import { type Played, playedWebGPU } from "./played-webgpu.ts";

ort.env.wasm.numThreads = 1;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let files: ModelFiles;
before(async () => {
  folder = await temporaryFolder();
  const dir = await writeModel(folder.path, "model");
  await exportDrafter(dir);
  files = filesIn(dir);
});
after(() => folder.remove());

/** What the page's navigator has as `gpu`; undefined: nothing. */
const navigatorHas = (gpu: unknown) =>
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
beforeEach(() => navigatorHas({ requestAdapter: async () => ({}) }));
afterEach(() => {
  Reflect.deleteProperty(globalThis.navigator, "gpu");
});

const load = (options: Partial<WebLoadOptions> & Pick<WebLoadOptions, "ort">): Promise<OnnxModel> =>
  loadModel(files, { drafter: false, ...options });

/** Logits of prompts and blocks. */
const scores = async (model: OnnxModel): Promise<number[]> =>
  (await scriptedScores(model, tokensOf(60), tokensOf(60, 2))).flatMap(({ logits }) => [...logits]);

describe("a model on WebGPU in a page", () => {
  test("is compared with WebAssembly, keeps its caches there, scores alike and gives everything back", async () => {
    const played = playedWebGPU();
    const [model, plain] = [await load({ ort: played.ort, provider: "webgpu" }), await load({ ort })];
    assert.equal(model.device.name, "webgpu");
    assert.match(
      model.device.why,
      /^It was requested\. Logits and hidden states differ from the CPU's by \S+ % of what they span\.$/,
    );
    assert.deepEqual(model.graph.providers, [
      { name: "wasm", bundled: true },
      { name: "webgpu", bundled: true },
    ]);
    // The model, what crops its caches, and what fetches rows.
    assert.deepEqual(played.open, { wasm: 0, webgpu: 3 });
    played.fed.length = 0;
    const [found, expected] = [await scores(model), await scores(plain)];
    assert.ok(found.every((logit, i) => Math.abs(logit - (expected[i] as number)) < 1e-4));
    assert.deepEqual(new Set(played.fed), new Set(["gpu-buffer"]));
    assert.ok(Math.max(...played.blocks) >= 45);
    const [kept, busy] = [await model.open(), await model.open()];
    for (const session of [kept, busy]) await session.append(tokensOf(20));
    await kept.close();
    // Caches for later prompts, and one in use.
    assert.ok(played.held > 0 && (model.engines[0]?.state === "ready" ? model.engines[0].keptBytes : 0) > 0);
    await Promise.all([model.close(), plain.close()]);
    assert.deepEqual([played.open, played.held], [{ wasm: 0, webgpu: 0 }, 0]);
  });

  test("keeps the hidden states of layers there too, and gives them all back", async () => {
    const played = playedWebGPU();
    const hidden = ["layer-1", "layer-2"] as const;
    const [model, plain] = [await load({ ort: played.ort, provider: "webgpu", hidden }), await load({ ort, hidden })];
    assert.deepEqual(Object.keys(model.hidden), Object.keys(plain.hidden));
    for (const kind of ["layer-1", "layer-2-norm"] as const) {
      const read = async (from: OnnxModel) =>
        (await scriptedScores(from, tokensOf(60), tokensOf(60, 2), kind)).flatMap(({ hidden }) => [...(hidden ?? [])]);
      const [found, expected] = [await read(model), await read(plain)];
      assert.ok(expected.length > 0);
      assert.ok(expected.every((value, i) => Math.abs(value - (found[i] as number)) < 1e-4));
    }
    await Promise.all([model.close(), plain.close()]);
    assert.deepEqual([played.open, played.held], [{ wasm: 0, webgpu: 0 }, 0]);
  });

  test("is given blocks of up to 31 tokens where longer ones are wrong", async () => {
    const played = playedWebGPU({ wrongFrom: 32 });
    const [model, plain] = [await load({ ort: played.ort, provider: "webgpu" }), await load({ ort })];
    assert.match(model.device.why, /in blocks of up to 31 tokens; longer ones are cut, because those differ by \d/);
    played.blocks.length = 0;
    const [found, expected] = [await scores(model), await scores(plain)];
    assert.ok(found.every((logit, i) => Math.abs(logit - (expected[i] as number)) < 1e-4));
    assert.ok(Math.max(...played.blocks) <= 31);
    await Promise.all([model.close(), plain.close()]);
  });

  test("leaves the drafter file aside, and says so", async () => {
    const model = await load({ ort: playedWebGPU().ort, provider: "webgpu", drafter: true });
    assert.equal(model.graph.drafter, undefined);
    assert.match(model.graph.missing.at(-1) ?? "", /^The drafter file is not used on webgpu: /);
    await model.close();
  });

  test("is lost with a run that fails, since its inputs would be those of the next", async () => {
    let fails = false;
    const onRun = () => {
      if (fails) throw new Error("out of memory.\nmore");
    };
    const played = playedWebGPU({ onRun });
    const model = await load({ ort: played.ort, provider: "webgpu" });
    const session = await model.open();
    await session.append([1, 2, 3]);
    fails = true;
    await assert.rejects(session.append([4]), {
      code: "out_of_memory",
      message: /^model ran out of memory \(out of memory\)\. Send/,
    });
    fails = false;
    const message = /^An earlier run of the model on WebGPU failed \(out of memory\), .* Load the model again\.$/;
    await assert.rejects(session.append([4]), { code: "worker_lost", message });
    await model.close();
    assert.deepEqual([played.open, played.held], [{ wasm: 0, webgpu: 0 }, 0]);
  });
});

describe("WebGPU that was named", () => {
  const refused = async (played: Played, message: RegExp) => {
    const device = playedWebGPU(played);
    await assert.rejects(load({ ort: device.ort, provider: "webgpu" }), { code: "unsupported", message });
    assert.deepEqual([device.open, device.held], [{ wasm: 0, webgpu: 0 }, 0]);
  };

  test("is refused where it computes something else, with what to take, and everything is given back", () =>
    refused(
      { wrongFrom: 1 },
      /^model cannot run on webgpu: .* so the device computes something else\. Use the provider wasm or auto\.$/,
    ));

  test("is refused where the model does not open there, and the file is not blamed for it", () => {
    const onOpen = (located: unknown) => {
      if (typeof located === "object")
        throw new Error("Can't create a session. ERROR_CODE: 9, ERROR_MESSAGE: no kernel for it");
    };
    return refused({ onOpen }, /^model cannot run on webgpu: no kernel for it\. Use the provider wasm or auto\.$/);
  });

  test("is refused where it has no float16, with what to take", () => {
    const onRun = (feeds: object) => {
      if ("input_ids" in feeds)
        throw new Error(
          "failed to call OrtRun(). ERROR_CODE: 1, ERROR_MESSAGE: x.cc:4 F Program Gather requires f16 but the device does not.",
        );
    };
    const message =
      /^model cannot run on webgpu: Program Gather requires f16 but the device does not\. Use a variant without float16, such as one written by lenity export --weights float32, or the provider wasm\.$/;
    return refused({ onRun }, message);
  });

  const missing: readonly (readonly [string, unknown, RegExp])[] = [
    [
      "the browser knows none",
      undefined,
      /^model cannot run on webgpu\. This browser has no WebGPU, or .* Use the provider wasm or auto\.$/,
    ],
    [
      "it has no adapter",
      { requestAdapter: async () => null },
      /^model cannot run on webgpu\. .* no adapter for it\. Use the provider wasm/,
    ],
    [
      "asking for one fails",
      { requestAdapter: () => Promise.reject(new Error("lost")) },
      /no adapter for it\. Use the provider wasm/,
    ],
  ];
  for (const [where, gpu, message] of missing) {
    test(`is refused where ${where}, before the model is fetched`, async () => {
      navigatorHas(gpu);
      const light: ModelFiles = {
        ...files,
        read: async (path) => (/onnx$/.test(path) ? assert.fail("It was fetched.") : files.read(path)),
      };
      await assert.rejects(loadModel(light, { ort, provider: "webgpu" }), { code: "unsupported", message });
    });
  }

  test("is refused where the module of ONNX Runtime has none, with the one that has", async () => {
    const message =
      /^model cannot run on webgpu\. The ONNX Runtime module .* onnxruntime-web\/webgpu has it\. Use the provider wasm or auto\.$/;
    await assert.rejects(load({ ort, provider: "webgpu" }), { code: "unsupported", message });
  });
});

describe("auto in a page", () => {
  const placed = async (played: Played) => {
    const device = playedWebGPU(played);
    const model = await load({ ort: device.ort, provider: "auto" });
    const open = { ...device.open };
    await model.close();
    return { ...model.device, open };
  };

  test("takes WebGPU where it is right and faster", async () => {
    const { name, why, open } = await placed({ delays: { wasm: 30 } });
    assert.equal(name, "webgpu");
    assert.match(why, /^A block of eight tokens takes .* ms there and .* ms on the CPU\. Logits/);
    assert.deepEqual(open, { wasm: 0, webgpu: 3 });
  });

  test("takes WebAssembly where WebGPU is software, wrong, or not there, and says why", async () => {
    const slow = await placed({ delays: { webgpu: 200 } });
    // Which of the two measurements shows it depends on how busy this machine's CPU is.
    assert.match(
      slow.why,
      /^It runs on WebAssembly\. Not on webgpu: (a matrix product|A block of eight tokens) takes .* there and .* on the CPU/,
    );
    const wrong = await placed({ wrongFrom: 1, delays: { wasm: 30 } });
    assert.match(wrong.why, /^It runs on WebAssembly\. Not on webgpu: .* computes something else\.$/);
    navigatorHas(undefined);
    const none = await placed({});
    assert.match(none.why, /^It runs on WebAssembly\. Not on webgpu: This browser has no WebGPU/);
    for (const { name, open } of [slow, wrong, none]) assert.deepEqual([name, open], ["cpu", { wasm: 1, webgpu: 0 }]);
  });

  test("and wasm, the default, tell that nothing else was asked for or can be had", async () => {
    const [asked, automatic] = [await load({ ort }), await load({ ort, provider: "auto" })];
    assert.deepEqual(asked.device, { name: "cpu", why: "It runs on WebAssembly. No other device was requested." });
    assert.match(
      automatic.device.why,
      /Not on webgpu: The ONNX Runtime module that was passed in has no WebGPU; onnxruntime-web\/webgpu has it\.$/,
    );
    await Promise.all([asked.close(), automatic.close()]);
  });
});

describe("the runtime of a page's models", () => {
  test("opens sessions and runs one at a time, whichever model asks", async () => {
    let [running, most] = [0, 0];
    const busy = async <Value>(value: Value): Promise<Value> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return value;
    };
    const session = () => ({ run: () => busy({}), release: () => busy(undefined) });
    const runtime = { ...ort, InferenceSession: { create: () => busy(session()) } } as unknown as WebLoadOptions["ort"];
    const models = [ownRuntime(runtime), ownRuntime(runtime)];
    const sessions = await Promise.all(
      models.map(({ InferenceSession }) => InferenceSession.create(new Uint8Array(0))),
    );
    await Promise.all([...sessions.map((session) => session.run({})), sessions[0]?.release()]);
    await Promise.all(models.map(({ release }) => release()));
    assert.equal(most, 1);
  });

  test("goes on after what fails", async () => {
    const { InferenceSession } = ownRuntime(ort);
    await assert.rejects(InferenceSession.create(new Uint8Array(3)));
    await assert.rejects(InferenceSession.create(new Uint8Array(3)));
  });
});
