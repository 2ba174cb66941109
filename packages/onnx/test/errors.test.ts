import assert from "node:assert/strict";
import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { LenityError, seeded } from "@lenity/core";
import type { Port } from "../src/graph/port.ts";
import { checkPorts } from "../src/graph/ports.ts";
import { loadModel } from "../src/index.ts";
import { graphBuilder } from "../src/onnx-file/graph-builder.ts";
import { scanOnnx } from "../src/onnx-file/scan-file.ts";
import { planTaps } from "../src/taps/plan-taps.ts";
import { writeGraph } from "../src/testing/graph-forms.ts";
import { configOf, small, temporaryFolder, writeModel } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let whole: string;
before(async () => {
  folder = await temporaryFolder();
  whole = await writeModel(folder.path, "whole");
});
after(() => folder.remove());

let copies = 0;
/** A copy of the whole folder, with something done to it, is refused with these words. */
async function assertRefused(change: (dir: string) => Promise<unknown>, ...seen: RegExp[]): Promise<void> {
  const dir = join(folder.path, `copy-${copies++}`);
  await cp(whole, dir, { recursive: true });
  await change(dir);
  await assert.rejects(loadModel(dir, { threads: 1 }), (error: unknown) => {
    assert.ok(error instanceof LenityError, String(error));
    assert.equal(error.code, "model_files");
    for (const words of seen) assert.match(error.message, words);
    assert.ok(error.message.includes(dir));
    return true;
  });
}

describe("loadModel refuses a folder", () => {
  test("that is missing", () =>
    assertRefused((dir) => rm(dir, { recursive: true }), /is not a folder\. Expected a Hugging Face model folder/));

  test("that is a file, or lies in one", async () => {
    await assert.rejects(loadModel(join(whole, "config.json")), {
      code: "model_files",
      message: /config\.json is not a folder\./,
    });
    await assert.rejects(loadModel(join(whole, "config.json", "x")), {
      code: "model_files",
      message: /x is not a folder\./,
    });
  });

  test("that cannot be read, with the reason", () =>
    assertRefused(async (dir) => {
      await rm(dir, { recursive: true });
      await symlink(dir, dir);
    }, /cannot be read: .*(ELOOP|symbolic links).*\. Give this program permission to read it, or name another folder\.$/));

  test("without config.json", () =>
    assertRefused((dir) => rm(join(dir, "config.json")), /config\.json is missing.*put it beside/));

  test("whose config.json is no JSON, or no object", async () => {
    await assertRefused((dir) => writeFile(join(dir, "config.json"), "{"), /config\.json is not JSON/);
    await assertRefused((dir) => writeFile(join(dir, "config.json"), "[]"), /does not contain a JSON object/);
  });

  test("whose config.json lacks a size", async () => {
    const without = (key: string) => (dir: string) =>
      writeFile(join(dir, "config.json"), JSON.stringify({ ...configOf(small), [key]: undefined }));
    await assertRefused(without("vocab_size"), /has no vocab_size; expected a whole number/);
  });

  test("whose generation_config.json is broken", () =>
    assertRefused(
      (dir) => writeFile(join(dir, "generation_config.json"), "nothing"),
      /generation_config\.json is not JSON.*Fix or remove it/,
    ));

  test("without an .onnx file", () =>
    assertRefused(
      (dir) => rm(join(dir, "onnx"), { recursive: true }),
      /onnx\/model\.onnx and .*model\.onnx are missing\. Export the model/,
    ));

  describe("whose .onnx file", () => {
    const file = (dir: string) => join(dir, "onnx", "model.onnx");
    const bytes = () => readFile(file(whole));
    const written = (content: string | Uint8Array) => (dir: string) => writeFile(file(dir), content);

    test("is cut off, wherever that is", async () => {
      const all = await bytes();
      for (const size of [1, 9, 100, 5000, all.length - 1000, all.length - 1]) {
        await assertRefused(
          written(all.subarray(0, size)),
          new RegExp(
            `model\\.onnx \\(${size} bytes\\) is cut off or not an ONNX file: .+\\. Expected a complete \\.onnx decoder; export or download it again`,
          ),
        );
      }
    });

    test("is a Git LFS pointer", () =>
      assertRefused(
        written("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 90000000\n"),
        /model\.onnx is a Git LFS pointer, not the model itself\. Run `git lfs pull`/,
      ));

    test("is text", () =>
      assertRefused(written("<!DOCTYPE html><html></html>"), /is cut off or not an ONNX file: .*download it again/));

    test("is a folder", () =>
      assertRefused(async (dir) => {
        await rm(file(dir));
        await mkdir(file(dir));
      }, /model\.onnx cannot be read: /));

    test("has no graph", async () => {
      const all = await bytes();
      // An empty file is a message without fields, and so valid; the second is the file up to its graph.
      for (const content of [new Uint8Array(0), all.subarray(0, 10)]) {
        await assertRefused(
          written(content),
          /model\.onnx \(\d+ bytes\) has no graph\. Expected a complete \.onnx decoder/,
        );
      }
    });

    test("has random bytes changed: is scanned, or refused with its name", async () => {
      const random = seeded(4);
      const all = await bytes();
      const damaged = join(folder.path, "damaged.onnx");
      let refused = 0;
      for (let n = 0; n < 100; n++) {
        const copy = Uint8Array.from(all);
        // The beginning and the end hold the structure; the middle holds weights.
        const at = Math.floor(random() * 4000);
        copy[n % 2 === 0 ? at : all.length - 1 - at] = Math.floor(random() * 256);
        await writeFile(damaged, copy);
        try {
          planTaps(scanOnnx(damaged));
        } catch (error) {
          assert.ok(
            error instanceof LenityError && error.code === "model_files" && error.message.includes(damaged),
            String(error),
          );
          refused++;
        }
      }
      assert.ok(refused > 0 && refused < 90, String(refused));
    });
  });

  test("whose config.json names another vocabulary than the file", () =>
    assertRefused(
      (dir) => writeFile(join(dir, "config.json"), JSON.stringify({ ...configOf(small), vocab_size: 60 })),
      /has logits for 50 tokens, but vocab_size in config\.json is 60/,
    ));

  describe("whose file has the right names, but", () => {
    /** Logits are the sums of a table's rows over the block: a model that never reads its cache. */
    function blind(concatenate: boolean): Uint8Array {
      const graph = graphBuilder("blind");
      const past = [1, 2, "past", 16];
      for (const name of ["input_ids", "attention_mask"]) graph.input(name, "int64", [1, "length"]);
      graph.output("logits", "float32", [1, "length", 50]);
      graph.weights(
        "table",
        Float32Array.from({ length: 50 * 50 }, (_, i) => (i * 37) % 11),
        [50, 50],
        "float32",
      );
      graph.integers("axis", [1], []);
      graph.node("Gather", ["table", "input_ids"], ["rows"]);
      graph.node("CumSum", ["rows", "axis"], ["logits"]);
      for (const part of ["0.key", "0.value"]) {
        graph.input(`past_key_values.${part}`, "float32", past);
        graph.output(`present.${part}`, "float32", [1, 2, "present", 16]);
        const name = `past_key_values.${part}`;
        graph.node(
          concatenate ? "Concat" : "Identity",
          concatenate ? [name, name] : [name],
          [`present.${part}`],
          concatenate ? { axis: 2 } : {},
        );
      }
      return Buffer.concat([...graph.finish()]);
    }
    const written = (bytes: Uint8Array) => (dir: string) => writeFile(join(dir, "onnx", "model.onnx"), bytes);

    for (const [state, sizes] of [
      ["past_conv.0", [1, 32, 3]],
      ["past_ssm.0", [1, 4, 16, 16]],
    ] as const) {
      test(`keeps a state beside its caches that cannot be rewound: ${state}`, () =>
        assertRefused(
          async (dir) => {
            const graph = graphBuilder("hybrid");
            graph.input(state, "float32", sizes);
            graph.output(state.replace("past", "present"), "float32", sizes);
            graph.node("Identity", [state], [state.replace("past", "present")]);
            await writeGraph(dir, join("onnx", "model.onnx"), graph, { stored: "float16", newRows: false });
          },
          new RegExp(
            `model\\.onnx has the state ${state.replace(".", "\\.")}, which cannot be rewound to an earlier token\\. Speculative decoding needs a model that has only attention layers`,
          ),
        ));
    }

    test("ignores its cache", () =>
      assertRefused(
        written(blind(false)),
        /scores tokens differently in a block than one by one \(by .* where logits span .*GroupQueryAttention/,
      ));

    test("returns a longer cache than it was given", () =>
      assertRefused(
        written(blind(true)),
        /fails on its first tokens: .*Expected a text decoder with com\.microsoft\.GroupQueryAttention/s,
      ));
  });

  test("where the named file is missing", async () => {
    await assert.rejects(loadModel(whole, { file: "other.onnx" }), {
      code: "model_files",
      message: /other\.onnx is missing/,
    });
  });
});

test("loadModel wants a whole number of threads", async () => {
  for (const threads of [0, -1, 1.5]) await assert.rejects(loadModel(whole, { threads }), RangeError);
});

test("loadModel takes whole microseconds of busy waiting, or no bound", async () => {
  for (const spin of [-1, 0.5, Number.NaN]) await assert.rejects(loadModel(whole, { spin }), RangeError);
  for (const spin of [0, 20, Number.POSITIVE_INFINITY]) await (await loadModel(whole, { spin, threads: 2 })).close();
});

describe("checkPorts", () => {
  const port = (name: string, shape: Port["shape"] = [1, "n"], type = "int64"): Port => ({ name, type, shape });
  const cache = (name: string, type = "float32", heads: number | string = 2) =>
    port(name, [1, heads, "past", 16], type);
  const inputs = [
    port("input_ids"),
    port("attention_mask"),
    cache("past_key_values.0.key"),
    cache("past_key_values.0.value"),
  ];
  const outputs = [port("logits", [1, "n", 50], "float32"), cache("present.0.key"), cache("present.0.value")];
  const without = (ports: readonly Port[], name: string) => ports.filter((one) => one.name !== name);
  const refuses = (ins: readonly Port[], outs: readonly Port[], message: RegExp) =>
    assert.throws(() => checkPorts("m.onnx", ins, outs, 50), { code: "model_files", message });

  test("takes the family's ports, and describes the cache", () => {
    assert.deepEqual(checkPorts("m.onnx", inputs, outputs, 50), {
      layers: 1,
      groups: 2,
      headSize: 16,
      precision: "float32",
      newRows: false,
      split: false,
      hidden: {},
    });
    const more = [...inputs, port("position_ids"), port("num_logits_to_keep", [])];
    assert.equal(checkPorts("m.onnx", more, outputs, 50).layers, 1);
  });

  test("leaves open what the file has a name for, and takes key and value in one tensor", () => {
    const named = port("past_key_values.0.key", ["batch", "heads", "past", "size"], "float32");
    const { groups, headSize } = checkPorts(
      "m.onnx",
      [...inputs.slice(0, 2), named, cache("past_key_values.0.value")],
      outputs,
      50,
    );
    assert.deepEqual([groups, headSize], [undefined, undefined]);
    const both = (name: string) => port(name, [2, "batch", 3, "past", "size"], "float16");
    const pasts = [...inputs.slice(0, 2), both("past_0"), both("past_1")];
    const presents = [...outputs.slice(0, 1), both("present_0"), both("present_1")];
    const found = checkPorts("m.onnx", pasts, presents, 50);
    const size = { groups: 3, headSize: undefined, precision: "float16" };
    assert.deepEqual(found, { layers: 2, ...size, combined: true, newRows: false, split: false, hidden: {} });
    refuses(pasts, presents.slice(0, 2), /no output present_1/);
    refuses([...pasts.slice(0, 3), both("past_2")], presents, /no input past_1/);
  });

  test("takes a split cache without present, by its new rows", () => {
    const rows = (name: string) => port(name, ["rows", 2, 16], "float32");
    const split = [
      ...inputs.slice(0, 2),
      ...["past_key_values.0.key", "past_key_values.0.value", "tail_values.0"].map(rows),
    ];
    const newRows = port("present_rows", [2, "n", 2, 16], "float32");
    const found = checkPorts("m.onnx", split, [...outputs.slice(0, 1), newRows], 50);
    assert.deepEqual(found, {
      layers: 1,
      groups: 2,
      headSize: 16,
      precision: "float32",
      newRows: true,
      split: true,
      hidden: {},
    });
    refuses(split, outputs.slice(0, 1), /has the inputs tail_values\.N but no output present_rows/);
    refuses([...inputs, rows("tail_rows.0")], outputs, /needs the input tail_rows\.0/);
  });

  test("names what is missing", () => {
    refuses(without(inputs, "input_ids"), outputs, /no input input_ids; found attention_mask/);
    refuses(without(inputs, "attention_mask"), outputs, /no input attention_mask/);
    refuses(without(inputs, "past_key_values.0.value"), outputs, /no input past_key_values\.0\.value/);
    refuses(inputs.slice(0, 2), outputs, /no input past_key_values\.0\.key.*Export it with a cache/);
    refuses(inputs, without(outputs, "present.0.value"), /no output present\.0\.value/);
    refuses(inputs, without(outputs, "logits"), /no output logits of type float32 or float16/);
  });

  test("names what it cannot feed, rewind or read", () => {
    const states = [
      ...[
        "past_conv.0",
        "past_ssm.0",
        "past_recurrent.3",
        "past_state",
        "conv_state",
        "ssm_states.1",
        "layers.2.recurrent_state",
      ],
      ...["past_key_values.0.conv", "past_key_values.11.recurrent_state", "cache_params.conv_states", "cache_params"],
    ];
    for (const state of states) {
      refuses(
        [...inputs, port(state)],
        outputs,
        new RegExp(`state ${state.replaceAll(".", "\\.")}, which cannot be rewound`),
      );
      // Also when no layer has keys and values.
      refuses([...inputs.slice(0, 2), port(state)], outputs, /cannot be rewound/);
    }
    refuses(
      [...inputs, port("use_cache_branch", [1], "bool")],
      outputs,
      /merged decoder: its input use_cache_branch .*Use the folder's model\.onnx/,
    );
    refuses([...inputs, port("pixel_values")], outputs, /needs the input pixel_values/);
    refuses(
      [...inputs.slice(0, 2), cache("past_key_values.0.key", "int8"), cache("past_key_values.0.value", "int8")],
      outputs,
      /cache past_key_values\.0\.key of type int8; expected float32 or float16/,
    );
    refuses(
      [...inputs.slice(0, 3), cache("past_key_values.0.value", "float16")],
      outputs,
      /cache past_key_values\.0\.value of type float16; expected .* the same for all/,
    );
    refuses(
      [...inputs.slice(0, 2), port("past_key_values.0.key", [1, 2, 16], "float32"), cache("past_key_values.0.value")],
      outputs,
      /past_key_values\.0\.key of shape \[1, 2, 16\], a layout that is not supported; expected \[1, heads, length, head size\]/,
    );
    for (const shape of [
      [1, 2, "past", 16],
      [3, 1, 2, "past", 16],
    ]) {
      refuses(
        [...inputs.slice(0, 2), port("past_0", shape, "float32")],
        [...outputs, port("present_0", shape, "float32")],
        /past_0 of shape \[.*\], a layout that is not supported; expected \[2, 1, heads, length, head size\]/,
      );
    }
    refuses(
      [port("input_ids", [1, "n"], "float32"), ...inputs.slice(1)],
      outputs,
      /input input_ids of type float32 and shape \[1, n\]; expected int64 or int32\. Export/,
    );
    refuses(
      [...inputs, port("position_ids", [1, "n"], "int16")],
      outputs,
      /input position_ids of type int16 and .*; expected int64 or int32\. Export/,
    );
    const mask = (shape: Port["shape"], type: string) => [
      inputs[0] as Port,
      port("attention_mask", shape, type),
      ...inputs.slice(2),
    ];
    refuses(
      mask([1, 1, "n", "total"], "float32"),
      outputs,
      /attention_mask of type float32 and shape \[1, 1, n, total\]; expected int64 or int32\. Export/,
    );
    refuses(
      mask([1, "n"], "uint8"),
      outputs,
      /attention_mask of type uint8 and .*; expected int64 or int32 or bool or float32 or float16\. Export/,
    );
    assert.equal(checkPorts("m.onnx", mask([1, "n"], "float32"), outputs, 50).layers, 1);
    refuses(inputs, [port("logits", [1, "n", 50], "bfloat16"), ...outputs.slice(1)], /logits \(bfloat16\)/);
  });

  test("tells the two hidden states apart by which outputs are there", () => {
    const states = port("hidden_states", [1, "n", 8], "float32");
    const last = port("last_hidden_state", [1, "n", 8], "float32");
    const hidden = (...extra: Port[]) => checkPorts("m.onnx", inputs, [...outputs, ...extra], 50).hidden;
    const before = port("pre_norm_states", [1, "n", 8], "float16");
    assert.deepEqual(hidden(states, last), { "pre-norm": "hidden_states", "post-norm": "last_hidden_state" });
    assert.deepEqual(hidden(states), { "post-norm": "hidden_states" });
    assert.deepEqual(hidden(last), { "post-norm": "last_hidden_state" });
    assert.deepEqual(hidden(states, before), { "pre-norm": "pre_norm_states", "post-norm": "hidden_states" });
    assert.deepEqual(hidden({ ...states, type: "int64" }), {});
  });
});
