/** Files that score all rows of a block are made to score only those that are asked for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadModel } from "../src/index.ts";
import { scanOnnx } from "../src/onnx-file/scan-file.ts";
import { importRuntime, openGraph } from "../src/open/open-graph.ts";
import type { LoadRequest } from "../src/protocol/protocol.ts";
import { append, newSequence } from "../src/run/sequence.ts";
import { planTaps } from "../src/taps/plan-taps.ts";
import { type Form, writeForm } from "../src/testing/graph-forms.ts";
import { small, temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { scanOf } from "./scan-of.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;
before(async () => {
  folder = await temporaryFolder();
  dir = await writeModel(folder.path, "model", small);
});
after(() => folder.remove());

const forms: Readonly<Record<string, Form>> = {
  "with GroupQueryAttention": {},
  "that joins past and block": { concat: true },
  "in 4 bits": { weights: "4-bit" },
  "of float16": { concat: true, float16: true },
};

describe("a file", () => {
  for (const [name, form] of Object.entries(forms)) {
    test(`${name} scores the last rows alone, and with the bits that it has with an input for that`, async () => {
      await writeForm(dir, "all.onnx", small, { ...form, keeps: false });
      await writeForm(dir, "kept.onnx", small, { ...form, keeps: true });
      const tokens = tokensOf(140, 3);
      const rows: Float32Array[] = [];
      for (const file of ["all.onnx", "kept.onnx"]) {
        const model = await loadModel(dir, { file });
        const session = await model.open();
        rows.push((await session.append(tokens, { rows: 9 })).logits, (await session.append([5, 6, 7])).logits);
        await model.close();
      }
      assert.deepEqual(rows.slice(2), rows.slice(0, 2));

      const { graph } = await openGraph(await importRuntime(), requestOf("all.onnx"));
      const scored: number[] = [];
      const run: typeof graph.session.run = async (...settings: [never, never]) => {
        const results = await graph.session.run(...settings);
        scored.push(results["logits"]?.dims.at(-2) ?? 0);
        return results;
      };
      const { vocabulary: width, context: contextLength } = small;
      const about = { name: "m", width, vocabulary: width, unused: new Set<number>(), contextLength };
      const model = { ...about, graph: { ...graph, session: { ...graph.session, run } } };
      await append(model as never, newSequence(), tokens, { rows: 1 });
      await append(model as never, newSequence(), tokens.slice(0, 40), { rows: 5 });
      assert.deepEqual(scored, [2, 5]);
      await graph.session.release();
    });
  }

  const requestOf = (file: string): LoadRequest => ({
    ...{ type: "load", name: "m", file: join(dir, file), threads: 1, spin: 0, eos: [], unused: new Set<number>() },
    ...{ width: small.vocabulary, vocabulary: small.vocabulary, contextLength: small.context },
  });

  test("stays as it is if it has that input, or if others read what the output matrix reads", () => {
    const edits = (scan: Parameters<typeof planTaps>[0]) => planTaps(scan).edits.length;
    const scan = scanOnnx(join(dir, "all.onnx"));
    assert.equal(edits(scan), 1);
    assert.equal(edits({ ...scan, opsets: new Map([["", 12]]) }), 0);
    assert.equal(edits({ ...scan, inputs: [...scan.inputs, "num_logits_to_keep"] }), 0);
    const head = scan.nodes.find(({ inputPlaces }) => inputPlaces[0]?.start === planTaps(scan).edits[0]?.start);
    assert.ok(head);
    const reader = { ...head, operator: "Identity", inputs: head.inputs.slice(0, 1), outputs: ["copy"] };
    assert.equal(edits({ ...scan, nodes: [...scan.nodes, reader] }), 0);
    assert.equal(edits({ ...scan, outputs: [...scan.outputs, head.inputs[0] as string] }), 0);
    assert.equal(edits(scanOf("Relu a > x", "MatMul x W > y", "Reshape y S > logits")), 0);
  });
});
