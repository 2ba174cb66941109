import { orPlugin } from "./combinators/or.ts";
import { createRegistry, type Preset, type Registry, type VerifierPlugin } from "./policy.ts";
import { exactPlugin } from "./verifiers/exact.ts";
import { type JudgeHead, judgePlugin } from "./verifiers/judge.ts";
import { klPlugin } from "./verifiers/kl.ts";
import { sdPlugin } from "./verifiers/sd.ts";

/** Lossless. */
export const strict: Preset = { name: "strict", summary: "Speculative sampling: the text of the target alone.", policy: { type: "sd" } };

/** The setting of 2601.04766. Strict verification is `sd`, which at temperature 0 is exact match. */
export const judi: Preset = {
  name: "judi",
  summary: "Strict, or where target and drafter nearly agree and the target is unsure: lossy, training-free.",
  policy: { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.4, max_confidence: 0.9 }] },
};

/** The setting of 2501.19309: long blocks, since a judge refuses rarely. */
export const judgePreset: Preset = {
  name: "judge",
  summary: "Strict, or where a trained judge calls the token fine: lossy.",
  policy: { type: "or", any: [{ type: "sd" }, { type: "judge", threshold: 0.5 }] },
  draftTokens: 25,
};

/** Every verifier and preset of the package. Those that need a judge are there when a head is given; own plugins may be added. */
export function defaultRegistry(
  options: { readonly judge?: JudgeHead | undefined; readonly plugins?: readonly VerifierPlugin[] | undefined } = {},
): Registry {
  const { judge, plugins = [] } = options;
  const own = [sdPlugin, exactPlugin, klPlugin, orPlugin, ...(judge === undefined ? [] : [judgePlugin(judge)])];
  return createRegistry([...own, ...plugins], judge === undefined ? [strict, judi] : [strict, judi, judgePreset]);
}
