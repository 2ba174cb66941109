/** Memory that runs out: in the runtime, and where caches grow. */

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import type { CacheFamily } from "../src/graph/cache-shape.ts";
import type { Graph } from "../src/graph/graph.ts";
import { loadModel } from "../src/index.ts";
import { append, type Model, newSequence } from "../src/run/sequence.ts";
import { temporaryFolder, tokensOf, writeModel } from "../src/testing/random-llama.ts";
import { memoryFault } from "../src/worker/out-of-memory.ts";
import { deadly, mortalWorker } from "./mortal-worker.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

describe("a run for which memory runs out", () => {
  test("fails its request with what to do, and the engine goes on with all that it held", async () => {
    const dir = await writeModel(folder.path, "model");
    const require = JSON.stringify(import.meta.resolve("onnxruntime-node"));
    const worker = await mortalWorker(
      folder.path,
      "full = true;",
      `import * as module from ${require};
       let full = false;
       const { prototype } = (module.default ?? module).InferenceSession;
       const { run } = prototype;
       prototype.run = async function (...args) {
         if (!full) return run.apply(this, args);
         full = false;
         throw new Error("Non-zero status code returned while running MatMul node. Status Message: std::bad_alloc");
       };`,
    );
    const [model, plain] = [await loadModel(dir, { threads: 1, worker }), await loadModel(dir, { threads: 1 })];
    try {
      const [session, other, fresh] = [await model.open(), await model.open(), await plain.open()];
      const text = tokensOf(40);
      await session.append(text.slice(0, 30));
      await other.append(text.slice(0, 20));
      await assert.rejects(session.append([5, deadly]), {
        code: "out_of_memory",
        message:
          /^model ran out of memory \(.*std::bad_alloc\)\. Send .* fewer engines, a smaller cacheBytes or a smaller dtype\.$/,
      });
      assert.deepEqual(
        [session.length, model.engines.map(({ state, restarts }) => [state, restarts])],
        [30, [["ready", 0]]],
      );
      const expected = (await fresh.append(text, { rows: 10 })).logits;
      assert.deepEqual((await session.append(text.slice(30), { rows: 10 })).logits, expected);
      assert.deepEqual((await other.append(text.slice(20), { rows: 10 })).logits, expected);
    } finally {
      await Promise.all([model.close(), plain.close()]);
    }
  });

  test("is known by what the runtimes say, and other errors are left alone", () => {
    for (const message of [
      "std::bad_alloc",
      "bad allocation",
      "bfc_arena.cc: Failed to allocate memory for requested buffer of size 9",
      "Array buffer allocation failed",
      "Out of memory",
    ])
      assert.match((memoryFault(new RangeError(message), "model") as Error).message, /^model ran out of memory/);
    for (const error of [new Error("Invalid rank for input"), new RangeError("Token 9"), "odd"])
      assert.equal(memoryFault(error, "model"), error);
  });
});

describe("a cache that cannot grow", () => {
  const { Float32Array: Real } = globalThis;
  /** Allocations of caches that are still granted. */
  let granted = Number.POSITIVE_INFINITY;
  afterEach(() => {
    globalThis.Float32Array = Real;
    granted = Number.POSITIVE_INFINITY;
  });
  const scarce = () => {
    globalThis.Float32Array = new Proxy(Real, {
      construct(target, args, self) {
        if (typeof args[0] === "number" && args[0] > 100 && granted-- <= 0)
          throw new RangeError("Array buffer allocation failed");
        return Reflect.construct(target, args, self === globalThis.Float32Array ? target : self);
      },
    });
  };
  const parts = ["0.key", "0.value", "1.key", "1.value"];

  /** A model of that family whose rows are its tokens, and the caches that its runs are given. */
  function transparent(family: CacheFamily): { model: Model; given: (readonly number[])[] } {
    const given: number[][] = [];
    const session = {
      async run(feeds: Record<string, runtime.Tensor>, fetches: Record<string, runtime.Tensor | null>) {
        const caches = Object.entries(feeds).filter(([name]) => /^(past|tail)/.test(name));
        given.push(caches.flatMap(([, { data }]) => Array.from(data as Float32Array)));
        const ids = Array.from(feeds["input_ids"]?.data as BigInt64Array, Number);
        const start = (feeds["attention_mask"]?.dims[1] ?? 0) - ids.length;
        for (const part of parts) (fetches[`present.${part}`]?.data as Float32Array | undefined)?.set(ids, start);
        const rows = new runtime.Tensor("float32", Real.from(parts.flatMap((_, n) => ids.map((id) => id + n / 10))), [
          4,
          1,
          ids.length,
          1,
        ]);
        return { present_rows: rows };
      },
    };
    const shape = {
      layers: 2,
      groups: 1,
      headSize: 1,
      precision: "float32",
      newRows: family !== "in-place",
      family,
      hidden: {},
    };
    const graph = { runtime, session, inputs: [], outputs: [], ...shape } as unknown as Graph;
    return {
      model: { graph, name: "t", width: 5, vocabulary: 5, unused: new Set<number>(), contextLength: 900 },
      given,
    };
  }

  for (const family of ["new-rows", "in-place", "concat", "split"] as const) {
    test(`of the family ${family} is as it was, and grows once there is memory again`, async () => {
      const run = async (failures: readonly number[]) => {
        const { model, given } = transparent(family);
        const sequence = newSequence();
        // Buffers of 128 rows are full, those of 256 all but the row of zeros.
        for (const length of [100, 28, 120])
          await append(model, sequence, new Array<number>(length).fill(length), { rows: 0 });
        given.length = 0;
        for (const failure of failures) {
          scarce();
          granted = failure;
          await assert.rejects(append(model, sequence, [7, 7, 7, 7, 7, 7, 7, 7, 7], { rows: 0 }), /allocation failed/);
          globalThis.Float32Array = Real;
          given.length = 0;
        }
        await append(model, sequence, [1, 2], { rows: 0 });
        for (let n = 0; n < 10; n++) await append(model, sequence, [3, 4], { rows: 0 });
        return given;
      };
      assert.deepEqual(await run([0, 1, 3]), await run([]));
    });
  }
});
