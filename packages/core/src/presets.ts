import { andPlugin } from "./combinators/and.ts";
import { ledgerPlugin } from "./combinators/ledger.ts";
import { orPlugin } from "./combinators/or.ts";
import { shadowPlugin } from "./combinators/shadow.ts";
import { unguardedPlugin } from "./combinators/unguarded.ts";
import { whenPlugin } from "./combinators/when.ts";
import { createRegistry, type Preset, type Registry, type VerifierPlugin } from "./registry.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { type AutojudgeHead, autojudgePlugin } from "./verifiers/autojudge.ts";
import { blockPlugin } from "./verifiers/block.ts";
import { cascadePlugin } from "./verifiers/cascade.ts";
import { divergencePlugin } from "./verifiers/divergence.ts";
import { ensemblePlugin } from "./verifiers/ensemble.ts";
import { exactPlugin } from "./verifiers/exact.ts";
import { flyPlugin } from "./verifiers/fly.ts";
import { type JudgeHead, judgePlugin } from "./verifiers/judge.ts";
import { klPlugin } from "./verifiers/kl.ts";
import { leniencePlugin } from "./verifiers/lenience.ts";
import { mentoredPlugin } from "./verifiers/mentored.ts";
import { sdPlugin, strictDraftTokens } from "./verifiers/sd.ts";
import { thresholdPlugin } from "./verifiers/threshold.ts";
import { topkPlugin } from "./verifiers/topk.ts";
import { typicalPlugin } from "./verifiers/typical.ts";

const presets: readonly Preset[] = [
  {
    name: "strict",
    summary: "Speculative sampling: the text of the target alone.",
    policy: { type: "sd" },
    draftTokens: strictDraftTokens,
  },
  {
    name: "block",
    summary: "Block verification: the text of the target alone, in fewer passes when sampling.",
    policy: { type: "block" },
    draftTokens: strictDraftTokens,
  },
  {
    name: "judi", // the setting of 2601.04766; strict verification is sd, which at temperature 0 is exact match
    summary: "Strict, or where target and drafter nearly agree and the target is unsure: lossy, training-free.",
    policy: { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.4, max_confidence: 0.9 }] },
  },
  {
    name: "bounded",
    summary:
      "Relaxes like judi until KL(target‖text) could reach 1 nat over the whole answer: lossy, bounded, for sampling.",
    policy: { type: "ledger", budget: 1, of: { type: "kl", threshold: 0.4, max_confidence: 0.9, rows: "processed" } },
  },
];

/** The setting of 2501.19309: long blocks, since a judge refuses rarely. */
const judge: Preset = {
  name: "judge",
  summary: "Strict, or where a trained judge calls the token fine: lossy.",
  policy: { type: "or", any: [{ type: "sd" }, { type: "judge", threshold: 0.5 }] },
  draftTokens: 25,
};

const autojudge: Preset = {
  name: "autojudge",
  summary: "The target's argmax, or where a trained classifier finds the mismatch unimportant: lossy, greedy only.",
  policy: { type: "autojudge", threshold: 0.1 },
};

const thinking: Preset = {
  name: "thinking",
  summary: "Any of the ten best tokens between <think> and </think>, strict outside: lossy in the reasoning alone.",
  policy: {
    type: "when",
    condition: { inside: ["<think>", "</think>"] },
    then: { type: "topk", k: 10, delta: 0.6 },
    else: { type: "sd" },
  },
};

export interface RegistryOptions {
  /** Brings the verifier and the preset `judge`. */
  readonly judge?: JudgeHead | undefined;
  /** Brings the verifier and the preset `autojudge`. */
  readonly autojudge?: AutojudgeHead | undefined;
  /** Lets `when` speak of text, and brings the preset `thinking`. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Verifiers of your own, under names that are not taken. */
  readonly plugins?: readonly VerifierPlugin[] | undefined;
  /** Names that would be there with a head, with what they lack: see `createRegistry`. */
  readonly missing?: Readonly<Record<string, string>> | undefined;
}

/**
 * Every verifier, combinator and preset of the package. Those that need a head or a tokenizer are there when it is
 * given.
 */
export function defaultRegistry(options: RegistryOptions = {}): Registry {
  const rules = [
    sdPlugin,
    blockPlugin,
    exactPlugin,
    klPlugin,
    divergencePlugin,
    ensemblePlugin,
    leniencePlugin,
    mentoredPlugin,
    cascadePlugin,
  ];
  const more = [typicalPlugin, topkPlugin, thresholdPlugin, flyPlugin];
  const combinators = [orPlugin, andPlugin, whenPlugin(options.tokenizer), ledgerPlugin, shadowPlugin, unguardedPlugin];
  const plugins = [
    ...rules,
    ...more,
    ...(options.judge === undefined ? [] : [judgePlugin(options.judge)]),
    ...(options.autojudge === undefined ? [] : [autojudgePlugin(options.autojudge)]),
    ...combinators,
    ...(options.plugins ?? []),
  ];
  const named = [
    ...presets,
    ...(options.judge === undefined ? [] : [judge]),
    ...(options.autojudge === undefined ? [] : [autojudge]),
    ...(options.tokenizer === undefined ? [] : [thinking]),
  ];
  return createRegistry(plugins, named, options.missing);
}
