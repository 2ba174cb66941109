import { andPlugin } from "./combinators/and.ts";
import { ledgerPlugin } from "./combinators/ledger.ts";
import { orPlugin } from "./combinators/or.ts";
import { shadowPlugin } from "./combinators/shadow.ts";
import { unguardedPlugin } from "./combinators/unguarded.ts";
import { whenPlugin } from "./combinators/when.ts";
import { type PolicySource, setPolicySource } from "./policy-source.ts";
import { createRegistry, type Policy, type Preset, type Registry, type VerifierPlugin } from "./registry.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { Verifier } from "./verifier.ts";
import { type AutojudgeHead, autojudgePlugin } from "./verifiers/autojudge.ts";
import { blockPlugin } from "./verifiers/block.ts";
import { cascadePlugin } from "./verifiers/cascade.ts";
import { coupledPlugin } from "./verifiers/coupled.ts";
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
    summary: "Speculative sampling: gives exactly the target's text.",
    policy: { type: "sd" },
    draftTokens: strictDraftTokens,
  },
  {
    name: "block",
    summary: "Block verification: gives exactly the target's text, in fewer passes when sampling.",
    policy: { type: "block" },
    draftTokens: strictDraftTokens,
  },
  {
    name: "judi", // the settings of 2601.04766; strict verification is sd, which is exact match at temperature 0
    summary:
      "Strict, but also accepts where target and drafter nearly agree and the target is unsure: lossy, training-free.",
    policy: { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.4, max_confidence: 0.9 }] },
  },
  {
    name: "bounded",
    summary:
      "Relaxes like judi until KL(target‖text) could reach 1 nat over the whole answer: lossy, bounded, for sampling.",
    policy: { type: "ledger", budget: 1, of: { type: "kl", threshold: 0.4, max_confidence: 0.9, rows: "processed" } },
  },
];

/** The settings of 2501.19309: long blocks, because a judge rarely rejects. */
const judge: Preset = {
  name: "judge",
  summary: "Strict, but also accepts tokens that a trained judge scores as fine: lossy.",
  policy: { type: "or", any: [{ type: "sd" }, { type: "judge", threshold: 0.5 }] },
  draftTokens: 25,
};

const autojudge: Preset = {
  name: "autojudge",
  summary:
    "Accepts the target's argmax, and mismatches that a trained classifier finds unimportant: lossy, greedy only.",
  policy: { type: "autojudge", threshold: 0.1 },
};

const thinking: Preset = {
  name: "thinking",
  summary:
    "Accepts any of the ten best tokens between <think> and </think>, strict outside: lossy only in the reasoning.",
  policy: {
    type: "when",
    condition: { inside: ["<think>", "</think>"] },
    then: { type: "topk", k: 10, delta: 0.6 },
    else: { type: "sd" },
  },
};

export interface RegistryOptions {
  /** Adds the verifier and the preset `judge`. */
  readonly judge?: JudgeHead | undefined;
  /** Adds the verifier and the preset `autojudge`. */
  readonly autojudge?: AutojudgeHead | undefined;
  /** Enables text conditions in `when`, and adds the preset `thinking`. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Your own verifiers, under names that are not in use. */
  readonly plugins?: readonly VerifierPlugin[] | undefined;
  /** Names that need a head which is not given, with what is missing: see `createRegistry`. */
  readonly missing?: Readonly<Record<string, string>> | undefined;
}

/**
 * Every verifier, combinator and preset of the package. Those that need a head or a tokenizer are included if it is
 * given.
 */
export function defaultRegistry(options: RegistryOptions = {}): Registry {
  const rules = [
    sdPlugin,
    blockPlugin,
    coupledPlugin,
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
  const registry = createRegistry(plugins, named, options.missing);
  return options.plugins === undefined ? { ...registry, create: remembering(registry, options) } : registry;
}

/**
 * `create`, which remembers what verifiers are made from, unless that is more than data: a tokenizer, for example.
 */
function remembering(registry: Registry, { judge, autojudge, tokenizer }: RegistryOptions): Registry["create"] {
  const number = registries++;
  let plain: Registry | undefined;
  return (given, path) => {
    const verifier = registry.create(given, path);
    try {
      if (tokenizer !== undefined) (plain ??= defaultRegistry({ judge, autojudge })).create(given);
      setPolicySource(verifier, { policy: structuredClone(given) as Policy, registry: number, judge, autojudge });
    } catch {
      // It needs the tokenizer, or is no plain data: its rounds are made where it is.
    }
    return verifier;
  };
}

/** How many registries there were. */
let registries = 0;

/** The last registry that `verifierFrom` made. */
let last: { readonly number: number; readonly registry: Registry } | undefined;

/** The verifier that was made from this, in another thread perhaps. */
export function verifierFrom({ policy, registry: number, judge, autojudge }: PolicySource): Verifier {
  if (last?.number !== number) last = { number, registry: defaultRegistry({ judge, autojudge }) };
  return last.registry.create(policy);
}
