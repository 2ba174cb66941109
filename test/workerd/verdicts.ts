/** Decisions of every verifier and preset on the same blocks, to compare the arithmetic of runtimes. */
import { decode, defaultRegistry, type EmittedToken, modelDrafter } from "../../packages/core/src/index.ts";
import { noisyModel, randomLogits, randomModel } from "../../packages/core/src/testing/index.ts";
import { bytes } from "../../packages/server/test/models.ts";

/** More than 256 ids; below that, rows are computed by the plain arithmetic instead of the WebAssembly kernels. */
const vocabulary = 300;
const width = 4;
const shape = { seed: 1, vocabulary, scale: 3 };
const state = (context: readonly number[]) => randomLogits(context.length, width, 1);
const draft = noisyModel({ ...shape, noise: 1 });
const weight = [1, -1, 0.5, 0.25];
const registry = defaultRegistry({
  tokenizer: bytes,
  judge: { hidden: "pre-norm", weight, bias: 0 },
  autojudge: { mean: [0, 0, 0, 0], scale: [1, 1, 1, 1], weight, bias: 0 },
});

/** 24 tokens under each policy, with who accepted them, at temperature 0 and at 0.8, if the policy allows it. */
export async function verdicts(): Promise<Record<string, readonly EmittedToken[]>> {
  const all: Record<string, readonly EmittedToken[]> = {};
  const policies = [
    ...registry.presets.map(({ name }) => name),
    ...registry.plugins.map(({ name, example }) => ({ type: name, ...example })),
  ];
  for (const policy of policies) {
    for (const temperature of [0, 0.8]) {
      const verifier = registry.create(policy);
      if (verifier.needs?.mode === (temperature === 0 ? "sampled" : "greedy")) continue;
      const target = randomModel({ ...shape, hidden: { kind: verifier.needs?.hidden ?? "pre-norm", width, state } });
      const tokens: EmittedToken[] = [];
      const options = {
        target,
        drafter: modelDrafter(draft),
        verifier,
        draftTokens: 6,
        sampling: { temperature },
        maxTokens: 24,
      };
      for await (const event of decode([1, 2, 3], options)) if (event.type === "round") tokens.push(...event.tokens);
      all[`${JSON.stringify(policy)} at ${temperature}`] = tokens;
    }
  }
  return all;
}
