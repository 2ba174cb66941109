/** Choosing a device, with the devices replaced: what is told when one is missing, slow or wrong. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { LenityError } from "@lenity/core";
import * as real from "onnxruntime-node";
import { skipFor } from "../../../test/skips.ts";
import { differenceOf, type StepResult, toleranceOf } from "../src/checks/compare-devices.ts";
import type { Means } from "../src/device/choose-device.ts";
import { chooseDeviceForNode } from "../src/device/device-for-node.ts";
import { type Probed, probeDevice } from "../src/device/probe-device.ts";
import type { Runtime } from "../src/graph/graph.ts";
import { loadModel } from "../src/index.ts";
import { reason } from "../src/onnx-file/first-line.ts";
import {
  candidates,
  type Device,
  type DeviceOption,
  devices,
  impossible,
  type Platform,
} from "../src/protocol/devices.ts";
import type { LoadRequest } from "../src/protocol/protocol.ts";
import type { Model } from "../src/run/sequence.ts";
import { temporaryFolder, writeModel } from "../src/testing/random-llama.ts";

real.env.logLevel = "fatal"; // what fails is told by the tests

const here: Platform = {
  os: process.platform,
  arch: process.arch,
  backends: real.listSupportedBackends().map(({ name }) => name),
};
const noCudaTest = skipFor(
  "CUDA without its libraries",
  impossible("cuda", here) ??
    ((await probeDevice(real, "cuda", here, false)).fault === undefined && "this machine has them"),
);

const linux: Platform = { os: "linux", arch: "x64", backends: ["cpu", "webgpu", "cuda", "tensorrt"] };

describe("impossible", () => {
  const cases: readonly (readonly [Device, Partial<Platform>, RegExp | undefined])[] = [
    ["cpu", {}, undefined],
    ["webgpu", {}, undefined],
    ["cuda", {}, undefined],
    ["dml", {}, /^DirectML is only available on Windows\.$/],
    ["coreml", {}, /^CoreML is only available on macOS\.$/],
    ["cuda", { os: "win32" }, /only on Linux x64/],
    ["cuda", { arch: "arm64" }, /only on Linux x64/],
    ["dml", { os: "win32", backends: ["cpu", "dml"] }, undefined],
    ["coreml", { os: "darwin", arch: "arm64", backends: ["cpu", "coreml"] }, undefined],
    [
      "webgpu",
      { arch: "arm64", backends: ["cpu"] },
      /^onnxruntime-node for linux\/arm64 is built without webgpu \(it has cpu\)\.$/,
    ],
  ];
  for (const [device, platform, expected] of cases) {
    test(`says ${expected ?? "nothing"} of ${device} on ${JSON.stringify(platform)}`, () => {
      const why = impossible(device, { ...linux, ...platform });
      if (expected === undefined) assert.equal(why, undefined);
      else assert.match(why ?? "", expected);
    });
  }

  test("knows every device that auto tries", () => {
    assert.deepEqual(new Set(["cpu", ...candidates]), new Set(devices));
  });
});

describe("probeDevice", () => {
  /** A runtime whose sessions do as told. */
  const fake = (create: (providers: unknown) => unknown): Runtime =>
    ({
      Tensor: real.Tensor,
      InferenceSession: {
        create: async (_: unknown, { executionProviders }: { executionProviders: unknown }) =>
          create(executionProviders),
      },
    }) as unknown as Runtime;
  const requestHandler = (sum: number, released: () => void = () => {}) =>
    fake(() => ({
      run: async () => ({ sum: new real.Tensor("float32", Float32Array.of(sum), [1, 1]) }),
      release: async () => released(),
    }));

  test("times a product on that device alone, and gives the session back", async () => {
    let [asked, released]: [unknown, number] = [undefined, 0];
    const runtime = requestHandler(4 * 512, () => released++);
    const { create } = runtime.InferenceSession as unknown as { create: (file: unknown, options: unknown) => unknown };
    const recording = (file: unknown, options: unknown) => {
      asked = options;
      return create(file, options);
    };
    const watching = { ...runtime, InferenceSession: { create: recording } } as unknown as Runtime;
    const probed = await probeDevice(watching, "cuda", linux, false);
    assert.ok(probed.fault === undefined && probed.milliseconds >= 0);
    assert.deepEqual((asked as { executionProviders: unknown }).executionProviders, ["cuda"]);
    assert.equal(released, 1);
  });

  test("runs for real on the CPU", async () => {
    const probed = await probeDevice(real, "cpu", linux, true);
    assert.equal(probed.fault, undefined);
  });

  test("asks nothing of a device that cannot be there", async () => {
    const runtime = fake(() => assert.fail("It was asked."));
    assert.deepEqual(await probeDevice(runtime, "dml", linux, false), {
      fault: "DirectML is only available on Windows.",
    });
  });

  for (const [device, os, expected] of [
    [
      "cuda",
      "linux",
      /^It needs an NVIDIA driver, CUDA 12, cuDNN 9.* Run it once, in \/some\/folder: node script\/install/,
    ],
    ["webgpu", "linux", /^It needs a Vulkan loader \(Debian: libvulkan1\)/],
    ["webgpu", "win32", /It needs a GPU with a current driver\.$/],
    ["dml", "win32", /DirectX 12\.$/],
    ["coreml", "darwin", /It needs a Mac with CoreML\.$/],
  ] as const) {
    test(`tells what ${device} needs on ${os} when no session opens`, async () => {
      const runtime = fake(() => {
        throw new Error("no such library.\nsecond line");
      });
      const probed = await probeDevice(
        runtime,
        device,
        { os, arch: "x64", backends: devices, folder: "/some/folder" },
        true,
      );
      assert.ok(probed.fault !== undefined);
      assert.equal(probed.fault, "ONNX Runtime cannot open it: no such library.");
      assert.match(probed.remedy ?? "", expected);
    });
  }

  test("refuses a device that computes nonsense, and gives the session back", async () => {
    let released = 0;
    const { fault } = await probeDevice(
      requestHandler(7, () => released++),
      "webgpu",
      linux,
      false,
    );
    assert.match(fault ?? "", /a sum of 2048 ones is 7 there/);
    assert.equal(released, 1);
  });
});

describe("differenceOf", () => {
  const rows = (...logits: number[]): StepResult[] => [{ logits: Float32Array.from(logits) }];

  test("is the largest difference as a share of what the numbers span", () => {
    assert.equal(differenceOf(rows(1, 2, 5), rows(1, 3, 5)), 0.25);
    assert.equal(differenceOf(rows(1, 2), rows(1, 2)), 0);
  });

  test("looks at hidden states as well", () => {
    const [found, expected] = [
      [0, 3],
      [0, 4],
    ].map((hidden) => [{ logits: Float32Array.of(1, 2), hidden: Float32Array.from(hidden) }]);
    assert.equal(differenceOf(found as StepResult[], expected as StepResult[]), 0.25);
  });

  test("passes over ids that are never said on either side, and nothing else that is no number", () => {
    const never = Number.NEGATIVE_INFINITY;
    assert.equal(differenceOf(rows(1, never, 2), rows(1, never, 2)), 0);
    assert.equal(differenceOf(rows(1, Number.NaN, 2), rows(1, 1, 2)), Number.POSITIVE_INFINITY);
    assert.equal(differenceOf(rows(1, never, 2), rows(1, 1, 2)), Number.POSITIVE_INFINITY);
  });
});

test("what is stored in other numbers than the CPU computes with may differ more", () => {
  const shape = { layers: 1, groups: 1, headSize: 8 };
  assert.equal(toleranceOf({ ...shape, precision: "float32" }, [{ format: "float16", bytes: 1 }]), 0.001);
  assert.equal(toleranceOf({ ...shape, precision: "float32" }, [{ format: "4-bit in blocks of 32", bytes: 1 }]), 0.02);
  assert.equal(toleranceOf({ ...shape, precision: "float16" }, []), 0.02);
});

test("reasons are told without places in ONNX Runtime's sources", () => {
  for (const [message, expected] of [
    [
      "/src/context.cc:136 void Initialize()::<lambda()> status == Success was false. No supported adapters.",
      "No supported adapters",
    ],
    [
      "Non-zero status code returned while running Gather node. Name:'G' Status Message: helper.cc:416 Source Program requires f16.",
      "Program requires f16",
    ],
    ["Failed to load shared library.\nmore", "Failed to load shared library"],
  ] as const)
    assert.equal(reason(new Error(message)), expected);
});

describe("placeModel", () => {
  interface Machine {
    readonly wish: DeviceOption;
    readonly engines?: number;
    readonly platform?: Platform;
    /** Milliseconds of the product on each device, or why it cannot be had. The CPU takes 1. */
    readonly probes?: Partial<Record<Device, number | string>>;
    /** How far off each device is with whole prompts and in small blocks. */
    readonly off?: Partial<Record<Device, readonly [number, number]>>;
    /** Milliseconds of a block of eight. The CPU takes 10. */
    readonly blocks?: Partial<Record<Device, number>>;
    readonly opens?: (device: Device) => void;
  }

  /** What became of a model on that machine, and which sessions were given back. */
  async function place({
    wish,
    engines,
    platform = linux,
    probes = {},
    off = {},
    blocks = {},
    opens = () => {},
  }: Machine) {
    const released: Device[] = [];
    const modelOn = (device: Device) =>
      ({ on: device, graph: { session: { release: async () => void released.push(device) } } }) as unknown as Model;
    const deviceOf = (model: Model) => (model as unknown as { on: Device }).on;
    const means: Means = {
      async probe(device): Promise<Probed> {
        const found = probes[device] ?? 1;
        return typeof found === "number" ? { milliseconds: found } : { fault: found, remedy: "Install it." };
      },
      async open(device) {
        opens(device);
        return modelOn(device);
      },
      async runSteps(model) {
        const [whole, small] = off[deviceOf(model)] ?? [0, 0];
        return [{ logits: Float32Array.of(0, 1 + (model.graph.chunk === undefined ? whole : small)) }];
      },
      race: async (models) => models.map((model) => blocks[deviceOf(model)] ?? 10),
    };
    const request = { name: "some/model", device: wish, engines } as LoadRequest;
    const { model, device } = await chooseDeviceForNode(modelOn("cpu"), request, 0.001, platform, means);
    assert.equal(deviceOf(model), device.name);
    return { ...device, chunk: model.graph.chunk, released };
  }

  test("leaves a model on the CPU when nothing else is asked for, untried", async () => {
    const opens = () => assert.fail("A device was tried.");
    assert.deepEqual(await place({ wish: "cpu", opens }), {
      name: "cpu",
      why: "No other device was requested.",
      chunk: undefined,
      released: [],
    });
  });

  test("takes a named device that is right, and frees the CPU's session", async () => {
    const placed = await place({ wish: "cuda", off: { cuda: [0.0004, 0] } });
    assert.deepEqual([placed.name, placed.chunk, placed.released], ["cuda", undefined, ["cpu"]]);
    assert.match(
      placed.why,
      /^It was requested\. Logits and hidden states differ from the CPU's by 0\.04\d* % of what they span\.$/,
    );
  });

  test("takes a named device however slow it is", async () => {
    assert.equal((await place({ wish: "webgpu", probes: { webgpu: 1000 }, blocks: { webgpu: 1000 } })).name, "webgpu");
  });

  test("cuts prompts into small blocks where large ones are wrong, and says so", async () => {
    const placed = await place({ wish: "webgpu", off: { webgpu: [0.04, 0] } });
    assert.deepEqual([placed.name, placed.chunk], ["webgpu", 31]);
    assert.match(
      placed.why,
      /by 0 % of what they span in blocks of up to 31 tokens; longer ones are cut, because those differ by 4 %\.$/,
    );
  });

  test("refuses a named device that is missing, with what to do", async () => {
    await assert.rejects(place({ wish: "cuda", probes: { cuda: "No library." } }), {
      code: "unsupported",
      message: "some/model cannot run on cuda. No library. Install it.",
    });
  });

  test("refuses a named device that computes something else, and frees its session", async () => {
    const opened: Device[] = [];
    await assert.rejects(
      place({ wish: "webgpu", off: { webgpu: [0.5, 0.3] }, opens: (device) => opened.push(device) }),
      {
        code: "unsupported",
        message:
          /^some\/model cannot run on webgpu: .* by 30 % .* blocks of up to 31 tokens \(at most 0\.1 % is accepted\), so the device computes something else\. Use the device cpu or auto\.$/,
      },
    );
    assert.deepEqual(opened, ["webgpu"]);
  });

  test("refuses a named device on which the model does not load, with the reason", async () => {
    const opens = () => {
      throw new Error("no kernel\nfor this");
    };
    await assert.rejects(place({ wish: "webgpu", opens }), {
      code: "unsupported",
      message: /^some\/model cannot run on webgpu: no kernel\. Use/,
    });
  });

  test("auto takes the first device that is right and faster", async () => {
    const placed = await place({ wish: "auto", blocks: { webgpu: 2, cuda: 1 } });
    assert.deepEqual([placed.name, placed.released], ["webgpu", ["cpu"]]);
    assert.match(placed.why, /^A block of eight tokens takes 2 ms there and 10 ms on the CPU\. Logits/);
  });

  test("auto passes over what is missing, wrong or slower, frees it, and tells each reason", async () => {
    const placed = await place({ wish: "auto", probes: { webgpu: "No adapter." }, blocks: { cuda: 12 } });
    assert.deepEqual([placed.name, placed.released], ["cpu", ["cuda"]]);
    assert.equal(
      placed.why,
      "Not on webgpu: No adapter. Not on cuda: A block of eight tokens takes 12 ms there and 10 ms on the CPU.",
    );
    const wrong = await place({ wish: "auto", off: { webgpu: [0.5, 0.5] }, blocks: { webgpu: 1, cuda: 1 } });
    assert.deepEqual([wrong.name, wrong.released], ["cuda", ["webgpu", "cpu"]]);
  });

  test("auto never loads a model onto software that stands in for a GPU", async () => {
    const opens = (device: Device) => assert.equal(device, "cuda");
    const placed = await place({ wish: "auto", probes: { webgpu: 200 }, opens });
    assert.equal(placed.name, "cpu");
    assert.match(
      placed.why,
      /^Not on webgpu: a matrix product takes 200 ms there and 1 ms on the CPU, so it is emulated in software/,
    );
  });

  test("auto stays on the CPU with several engines, and where there is nothing else", async () => {
    const opens = () => assert.fail("A device was tried.");
    assert.match((await place({ wish: "auto", engines: 2, opens })).why, /^Several engines/);
    const bare = await place({ wish: "auto", platform: { ...linux, arch: "arm64", backends: ["cpu"] }, opens });
    assert.equal(bare.why, "This machine has no other device.");
  });
});

describe("loadModel", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dir: string;
  before(async () => {
    folder = await temporaryFolder();
    dir = await writeModel(folder.path, "model");
  });
  after(() => folder.remove());

  test("refuses a device that no machine has", async () => {
    const device = "tpu" as DeviceOption;
    await assert.rejects(
      loadModel(dir, { device }),
      /^RangeError: device is tpu; expected one of auto, cpu, webgpu, cuda, dml, coreml\.$/,
    );
  });

  const elsewhere = process.platform === "darwin" ? "dml" : "coreml";
  test("refuses a device of other systems, and ends the thread", async () => {
    const message =
      /^model cannot run on (dml|coreml)\. (DirectML is only available on Windows|CoreML is only available on macOS)\.$/;
    await assert.rejects(loadModel(dir, { device: elsewhere, threads: 1 }), { code: "unsupported", message });
  });

  test("refuses CUDA without its libraries, and says where they come from", { skip: noCudaTest }, async () => {
    const message =
      /^model cannot run on cuda\. ONNX Runtime cannot open it: .*shared library\. It needs an NVIDIA driver, CUDA 12.* in (.+): node script\/install/;
    const error = (await loadModel(dir, { device: "cuda", threads: 1 }).catch((error) => error)) as LenityError;
    assert.equal(error.code, "unsupported");
    assert.match(error.message, message);
    const [, where = ""] = message.exec(error.message) ?? [];
    assert.ok(existsSync(join(where, "script/install.js")), `${where} has no script/install.js.`);
  });

  test("tells where a model runs, by auto too", async () => {
    const models = await Promise.all(
      ([undefined, "auto"] as const).map((device) => loadModel(dir, { device, threads: 1 })),
    );
    try {
      assert.deepEqual(models[0]?.device, { name: "cpu", why: "No other device was requested." });
      const found = models[1]?.device;
      assert.ok(
        found?.name !== "cpu" || /^(Not on webgpu: |Not on cuda: |This machine has no other device\.)/.test(found.why),
      );
      assert.deepEqual(models[1]?.graph.device, found);
      const [one, other] = await Promise.all(models.map(async (model) => (await model.open()).append([1, 2, 3])));
      assert.ok(differenceOf([one as StepResult], [other as StepResult]) <= 1e-5);
    } finally {
      await Promise.all(models.map((model) => model.close()));
    }
  });
});
