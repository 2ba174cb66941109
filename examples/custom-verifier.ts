/** Your own acceptance rule, named from JSON like the built-in ones. Run: bun examples/custom-verifier.ts */
import { complete, defaultRegistry, verifierPlugin } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import * as v from "valibot";

/** Accepts a token that is nearly as probable as the target's best one. */
const nearly = verifierPlugin({
  name: "nearly",
  summary: "Accepts tokens with at least a share of the highest probability: lossy.",
  schema: v.strictObject({ share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) }),
  create: ({ share }) => ({
    name: "nearly",
    law: "none",
    // All that it reads of the rows: a target on a GPU then sends these numbers alone. Optional; without it, rows are sent.
    reads: ["raw probability", "raw confidence"],
    verify: ({ draft, target }) => ({
      accept: draft.map((token, at) => target.probability(at, token, "raw") >= share * target.confidence(at, "raw")),
    }),
  }),
});

const { target, tokenizer, drafter, close } = await loadPair(tiny.target, tiny.draft);
const registry = defaultRegistry({ plugins: [nearly] });
const question = "A bus carries 31 people. At the next stop 12 get off and 7 get on. How many people are on the bus now?";

for (const policy of ['{"type": "nearly", "share": 1}', '{"type": "nearly", "share": 0.5}', '{"type": "nearly", "share": 0.2}']) {
  const verifier = registry.create(JSON.parse(policy));
  const { text, counters } = await complete(`<|user|>${question}<|end|><|assistant|>`, { target, tokenizer, verifier, drafter: drafter() });
  console.log(
    `${policy}: ${(counters.emitted / counters.rounds).toFixed(1)} tokens per target pass, ${counters.relaxed} relaxed\n${text}\n`,
  );
}
await close();
