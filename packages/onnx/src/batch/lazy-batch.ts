import { isExactTogether } from "../checks/batch-check.ts";
import type { BatchedForm } from "../graph/graph.ts";
import type { Model } from "../run/sequence.ts";
import type { Batch } from "./gathering.ts";
import { type BatchGraph, runBatch } from "./run-batch.ts";

/**
 * A batch whose graph is opened when passes first meet, since it has the weights in memory once more. If it cannot be
 * opened, or does not give the bits of single runs, passes run one by one from then on.
 */
export function lazyBatch(model: Model, { slots, outputs, open }: BatchedForm): Batch {
  let opening: Promise<BatchGraph | undefined> | undefined;
  const tried = async (): Promise<BatchGraph | undefined> => {
    try {
      const batch = { session: await open(), slots };
      const run: Batch["run"] = (passes) => runBatch(model.graph, batch, passes);
      if (await isExactTogether(model, { slots, outputs, run })) return batch;
      await batch.session.release();
    } catch {
      // Too little memory, or a graph that the runtime refuses: nobody asked for it.
    }
    return undefined;
  };
  return {
    slots,
    outputs,
    async run(passes) {
      const batch = await (opening ??= tried());
      return batch === undefined ? undefined : runBatch(model.graph, batch, passes);
    },
  };
}
