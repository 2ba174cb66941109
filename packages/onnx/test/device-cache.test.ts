import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as runtime from "onnxruntime-node";
import { deviceCache } from "../src/cache/device-cache.ts";
import type { CachedGraph } from "../src/graph/graph.ts";
import { append, copySequence, type Model, newSequence, rewindSequence } from "../src/run/sequence.ts";

/**
 * A graph on a device that is played: its cache rows are the tokens themselves, and `live` are the tensors that were
 * not freed.
 */
function played(contextLength = 40) {
  const live = new Set<readonly number[]>();
  const fed: number[][] = [];
  let crops = 0;
  let fails = false;
  const content = new Map<runtime.Tensor, readonly number[]>();
  const onDevice = (rows: readonly number[], dims: readonly number[] = [1, 1, rows.length, 1]): runtime.Tensor => {
    const tensor = { location: "gpu-buffer", dims, dispose: () => assert.ok(live.delete(rows), "It was freed twice.") };
    live.add(rows);
    content.set(tensor as unknown as runtime.Tensor, rows);
    return tensor as unknown as runtime.Tensor;
  };
  const rowsOf = (tensor: runtime.Tensor | undefined) => {
    if (tensor?.location === "cpu") return [];
    const rows = content.get(tensor as runtime.Tensor) ?? [];
    assert.ok(live.has(rows), "What was freed is used.");
    return rows;
  };
  const session = {
    async run(feeds: Record<string, runtime.Tensor>) {
      if (fails) throw new Error("device lost");
      const past = rowsOf(feeds["past_key_values.0.key"]);
      assert.deepEqual(rowsOf(feeds["past_key_values.0.value"]), past);
      const ids = Array.from((feeds["input_ids"] as runtime.Tensor).data as BigInt64Array, Number);
      fed.push([...past]);
      const present = () => onDevice([...past, ...ids]);
      const logits = new runtime.Tensor("float32", new Float32Array(ids.length * 50), [1, ids.length, 50]);
      return { logits, "present.0.key": present(), "present.0.value": present() };
    },
  };
  const crop = async (caches: readonly runtime.Tensor[], length: number) => {
    crops++;
    return caches.map((cache) => onDevice(rowsOf(cache).slice(0, length)));
  };
  const shape = {
    layers: 1,
    groups: 1,
    headSize: 1,
    precision: "float32",
    newRows: false,
    family: "concat",
    hidden: {},
  };
  const graph = { runtime, session, inputs: [], outputs: [], ...shape, crop } as unknown as CachedGraph;
  const model = {
    graph,
    name: "played",
    width: 50,
    vocabulary: 50,
    unused: new Set<number>(),
    contextLength,
  } as unknown as Model;
  return {
    model,
    fed,
    live,
    crop,
    onDevice,
    crops: () => crops,
    fail: (now: boolean) => {
      fails = now;
    },
  };
}

describe("a cache on a device", () => {
  test("gives each run the rows of the last one, drops rows there, and frees what is done with", async () => {
    const { model, fed, live, crops } = played();
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3], { rows: 1 });
    await append(model, sequence, [4, 5], { rows: 1 });
    assert.equal(crops(), 0);
    rewindSequence(sequence, 2);
    await append(model, sequence, [6, 7], { rows: 1 });
    assert.equal(crops(), 1);
    assert.deepEqual(fed, [[], [1, 2, 3], [1, 2]]);
    assert.deepEqual(
      [...live],
      [
        [1, 2, 6, 7],
        [1, 2, 6, 7],
      ],
    );
    sequence.cache?.dispose?.();
    assert.equal(live.size, 0);
  });

  test("drops the row of a single token's copy", async () => {
    const { model, fed } = played();
    const sequence = newSequence();
    await append(model, sequence, [1, 2], { rows: 1 });
    await append(model, sequence, [3], { rows: 1 });
    await append(model, sequence, [4, 5], { rows: 1 });
    assert.deepEqual(fed, [[], [1, 2], [1, 2, 3]]);
  });

  test("starts anew from no rows at all", async () => {
    const { model, fed, live, crops } = played();
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3], { rows: 1 });
    rewindSequence(sequence, 0);
    await append(model, sequence, [4, 5], { rows: 1 });
    assert.deepEqual([fed, crops(), live.size], [[[], []], 0, 2]);
  });

  test("copies by sharing, and frees what is shared with its last user", async () => {
    const { model, fed, live } = played();
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3, 4], { rows: 1 });
    const copy = copySequence(sequence, 2);
    assert.equal(live.size, 2);
    assert.equal(copy.cache?.bytes, 2 * 4 * 4);
    sequence.cache?.dispose?.();
    assert.equal(live.size, 2);
    await append(model, copy, [5, 6], { rows: 1 });
    assert.deepEqual(fed.at(-1), [1, 2]);
    assert.deepEqual(
      [...live],
      [
        [1, 2, 5, 6],
        [1, 2, 5, 6],
      ],
    );
    copy.cache?.dispose?.();
    assert.equal(live.size, 0);
  });

  test("copied to no rows holds none", () => {
    const { model, crop } = played();
    const cache = deviceCache(model.graph, crop);
    assert.equal(cache.copy(0).bytes, 0);
  });

  test("runs the last token of a context with the one before it, again too when that fails", async () => {
    const { model, fed, fail } = played(4);
    const sequence = newSequence();
    await append(model, sequence, [1, 2, 3], { rows: 1 });
    fail(true);
    await assert.rejects(append(model, sequence, [4], { rows: 1 }), /device lost/);
    fail(false);
    await append(model, sequence, [4], { rows: 1 });
    assert.deepEqual(fed, [[], [1, 2]]);
  });

  test("refuses rows of another shape, and frees them", async () => {
    const { model, live, crop, onDevice } = played();
    const cache = deviceCache(model.graph, crop);
    await cache.prepare(0, 2);
    const results = { "present.0.key": onDevice([1, 2]), "present.0.value": onDevice([1, 2], [1, 1, 3, 1]) };
    assert.throws(() => cache.keep(results, 0, 2), {
      code: "model_files",
      message: /present\.0\.value of shape \[1, 1, 3, 1\]; expected \[1, 1, 2, 1\]/,
    });
    assert.equal(live.size, 0);
  });
});
