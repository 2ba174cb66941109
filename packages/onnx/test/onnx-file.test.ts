import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { warningsOf } from "../src/checks/warnings.ts";
import { externalData } from "../src/onnx-file/external-data.ts";
import { bytesOf, integer, type Message, message, nested } from "../src/onnx-file/protobuf-writer.ts";
import type { OnnxNode, TensorFacts } from "../src/onnx-file/scan.ts";
import { scanOnnx } from "../src/onnx-file/scan-file.ts";
import { weightFormats } from "../src/onnx-file/weight-formats.ts";
import { temporaryFolder } from "../src/testing/random-llama.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const built = (build: (to: Message) => void): Message => {
  const body = message();
  build(body);
  return body;
};

describe("scanOnnx", () => {
  test("reads nodes, sizes, operator sets and the files of weights, from graphs in several parts and in every spelling", async () => {
    const file = join(folder.path, "spelled.onnx");
    const tensor = (name: string, dims: Uint8Array, location?: string) =>
      built((to) => {
        nested(to, 1, dims);
        integer(to, 2, 10);
        nested(to, 8, name);
        if (location === undefined) return;
        for (const [key, value] of Object.entries({ location, offset: "4096", length: "12" })) {
          nested(
            to,
            13,
            built((entry) => {
              nested(entry, 1, key);
              nested(entry, 2, value);
            }),
          );
        }
      });
    const first = built((graph) => {
      nested(
        graph,
        1,
        built((node) => {
          nested(node, 2, "five");
          nested(node, 4, "Constant");
          nested(
            node,
            5,
            built((attribute) => {
              nested(attribute, 1, "value");
              nested(attribute, 5, tensor("", Uint8Array.of(5), "constants.bin"));
            }),
          );
        }),
      );
      nested(
        graph,
        11,
        built((port) => nested(port, 1, "input_ids")),
      );
    });
    const second = built((graph) => {
      // 300 takes two bytes.
      nested(graph, 5, tensor("weights", Uint8Array.of(2, 0xac, 0x02), "weights.bin"));
      nested(graph, 5, tensor("more", Uint8Array.of(1), "weights.bin"));
      nested(
        graph,
        1,
        built((node) => {
          for (const name of ["x", "", "weights"]) nested(node, 1, name);
          nested(node, 2, "y");
          nested(node, 4, "MatMulNBits");
          nested(
            node,
            5,
            built((attribute) => {
              nested(attribute, 1, "bits");
              integer(attribute, 3, 4);
            }),
          );
        }),
      );
      nested(
        graph,
        12,
        built((port) => nested(port, 1, "logits")),
      );
    });
    const model = built((to) => {
      integer(to, 1, 10);
      nested(to, 7, first);
      for (const [domain, version] of [
        ["ai.onnx", 21],
        ["com.microsoft", 1],
      ] as const) {
        nested(
          to,
          8,
          built((set) => {
            nested(set, 1, domain);
            integer(set, 2, version);
          }),
        );
      }
      nested(to, 7, second);
    });
    await writeFile(file, Buffer.concat([...bytesOf(model)]));
    const scan = scanOnnx(file);
    assert.deepEqual([scan.bytes, scan.inputs, scan.outputs], [model.size, ["input_ids"], ["logits"]]);
    assert.deepEqual(
      [...scan.opsets],
      [
        ["", 21],
        ["com.microsoft", 1],
      ],
    );
    assert.deepEqual(
      scan.nodes.map(({ operator, inputs, outputs, integers, tensor: constant }) => [
        operator,
        inputs,
        outputs,
        integers,
        constant?.dims,
      ]),
      [
        ["Constant", [], ["five"], {}, [5]],
        ["MatMulNBits", ["x", "", "weights"], ["y"], { bits: 4 }, undefined],
      ],
    );
    assert.deepEqual(scan.initializers.get("weights"), {
      ...{ name: "weights", type: 10, dims: [2, 300] },
      external: { location: "weights.bin", bytes: 4108 },
    });
    assert.deepEqual(
      [...externalData(scan)],
      [
        [join(folder.path, "weights.bin"), 4108],
        [join(folder.path, "constants.bin"), 4108],
      ],
    );
  });
});

describe("weightFormats", () => {
  const formatsOf = (
    nodes: readonly Partial<OnnxNode>[],
    tensors: Readonly<Record<string, readonly [type: number, ...dims: number[]]>>,
  ) =>
    weightFormats({
      ...{ file: "", bytes: 0, opsets: new Map(), inputs: [], outputs: [] },
      nodes: nodes.map((node) => ({
        operator: "",
        inputs: [],
        inputPlaces: [],
        outputs: [],
        integers: {},
        tensor: undefined,
        ...node,
      })),
      initializers: new Map(
        Object.entries(tensors).map(([name, [type, ...dims]]): [string, TensorFacts] => [name, { name, type, dims }]),
      ),
    }).map(({ format, bytes }) => `${format} ${bytes}`);

  test("names quantised matrices by the nodes that read them, and counts their scales to them", () => {
    const nodes = [
      { operator: "MatMulNBits", inputs: ["x", "a", "b"], integers: { bits: 8, block_size: 64 } },
      { operator: "GatherBlockQuantized", inputs: ["c", "ids"], integers: { block_size: 32 } },
      { operator: "MatMulBnb4", inputs: ["x", "d"], integers: { block_size: 64 } },
      { operator: "DynamicQuantizeMatMul", inputs: ["x", "e", "f"] },
      { operator: "QLinearMatMul", inputs: ["x", "s", "z", "g"] },
    ];
    const tensors: Record<string, [type: number, ...dims: number[]]> = {
      ...{ a: [2, 1000], b: [1, 10], c: [21, 801], d: [2, 300], e: [3, 200], f: [1, 5], g: [2, 7], h: [7, 9000] },
      ...{ i: [10, 10], j: [1, 20], k: [16, 8], l: [17, 3], m: [11, 2], n: [22, 2] },
    };
    assert.deepEqual(formatsOf(nodes, tensors), [
      ...[
        "8-bit in blocks of 64 1040",
        "4-bit in blocks of 32 401",
        "4-bit of bitsandbytes in blocks of 64 300",
        "int8 220",
      ],
      ...["float32 80", "float16 20", "bfloat16 16", "float64 16", "uint8 7", "float8 3", "int4 1"],
    ]);
  });

  test("counts tensors of Constant nodes", () => {
    const tensor = { name: "", type: 10, dims: [4, 4] };
    assert.deepEqual(formatsOf([{ operator: "Constant", outputs: ["w"], tensor }], {}), ["float16 32"]);
  });
});

describe("warningsOf", () => {
  const check = { blockDifference: 0.3, leak: 0.25, spread: 20, longest: 40 };
  const loaded = (file: string, name: "cpu" | "webgpu" = "cpu", lastOnly = false) => ({
    file,
    device: { name, why: "" },
    lastOnly,
  });
  const path = join("onnx", "model_quantized.onnx");

  test("says nothing of a file whose blocks are exact", () => {
    for (const device of ["cpu", "webgpu"] as const)
      assert.deepEqual(warningsOf(loaded("m", device), { ...check, blockDifference: 0, leak: 0 }, []), []);
  });

  test("says by how much strict verification may differ from plain decoding, on the CPU as elsewhere", () => {
    const near =
      /tokens are scored slightly differently in a block than one by one \(by 0\.30 where logits span 20\), so strict .*near tie/;
    for (const [device, seen] of [
      ["cpu", /^m: tokens .* may go the other way\.$/],
      ["webgpu", /^m: on webgpu tokens .*lenity inspect shows whether the file is exact there\.$/],
    ] as const) {
      const warnings = warningsOf(loaded("m", device), { ...check, leak: 0 }, []);
      assert.equal(warnings.length, 1);
      for (const words of [near, seen]) assert.match(warnings[0] as string, words);
    }
  });

  test("says one thing of a file that leaks, on every device", () => {
    for (const device of ["cpu", "webgpu"] as const) {
      const warnings = warningsOf(loaded("m", device), check, []);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] as string, /a later token changes the scores of earlier ones \(by 0\.25/);
    }
  });

  test("says that a file which scores only last positions decodes plainly, and how to get another", () => {
    const [warning = "", ...more] = warningsOf(loaded("m", "cpu", true), { ...check, blockDifference: 0, leak: 0 }, []);
    assert.match(
      warning,
      /^m: the graph scores only the last position .* decodes one token at a time.* prune_lm_head=false\)\.$/,
    );
    assert.deepEqual(more, []);
  });

  test("names the folder's variants that do not leak as a rule, or else kinds of variants", () => {
    const variants = [
      { dtype: "fp16", path: join("onnx", "model_fp16.onnx") },
      { dtype: "q8", path },
      { dtype: "uint8", path: join("onnx", "model_uint8.onnx") },
      { dtype: "q4", path: join("onnx", "model_q4.onnx") },
    ] as const;
    assert.match(
      warningsOf(loaded(join("dir", path)), check, variants).join(),
      /Use the folder's variant fp16 or q4 \(by dtype\) instead\.$/,
    );
    assert.match(
      warningsOf(loaded(join("dir", path)), check, [variants[1]]).join(),
      /Use a float32, float16 or 4-bit variant of the model instead\.$/,
    );
  });
});
