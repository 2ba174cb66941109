/** Conformance cases that decode whole answers. */
import { decode } from "../decode.ts";
import type { DecodeOptions } from "../decode-options.ts";
import type { Drafter } from "../drafter.ts";
import { forcedDrafter } from "../drafters/forced.ts";
import { modelDrafter } from "../drafters/model.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import type { HiddenKind, Token } from "../model.ts";
import { bannedTokens } from "../processors/banned-tokens.ts";
import { type Sampling, sampling } from "../sampling.ts";
import type { Verifier } from "../verifier.ts";
import { bracketGrammar, follows } from "./bracket-grammar.ts";
import type { LogitsOf } from "./chain-law.ts";
import { type ConformanceCase, conformanceWidth } from "./conformance-case.ts";
import { noisyModel, randomLogits, randomModel } from "./random-model.ts";
import { tableModel } from "./table-model.ts";

const vocabulary = 9;
/** The token that ends answers under a grammar. */
const end = 0;
const length = 40;

/** Settings that cut off most of a row above temperature 0. */
const cuts: readonly Partial<Sampling>[] = [
  { temperature: 1, topK: 2 },
  { temperature: 1, topP: 0.6 },
  { temperature: 0.7, minP: 0.3 },
];

/** The cases for a rule; `settings` are the temperatures at which it is defined. */
export function requestCases(usual: () => Verifier, settings: readonly Sampling[]): ConformanceCase[] {
  const sampled = settings.some(({ temperature }) => temperature > 0);
  return [
    {
      name: "never emits tokens that the request rules out by top-k, top-p, min-p or a mask, with and without the guard",
      async run() {
        const masks = settings.map((setting) => ({ setting, logits: manswer }));
        const requests = [...masks, ...(sampled ? cuts.map((setting) => ({ setting, logits: plain })) : [])];
        for (const { setting, logits } of requests) {
          for (let seed = 0; seed < 16; seed++) {
            const verifier = { ...usual(), unguarded: seed % 2 === 0 || undefined };
            const tokens = await tokensOf(request({ verifier, seed, sampling: setting, logits: logits(seed) }));
            for (const [at, token] of tokens.entries()) {
              const row = logits(seed)([0, ...tokens.slice(0, at)]);
              if (!logitsEvidence(row, vocabulary, sampling(setting)).supports(0, token))
                throw new Error(`seed ${seed}, ${JSON.stringify(setting)}: token ${token} at ${at} is ruled out`);
            }
          }
        }
      },
    },
    {
      name: "never emits tokens that the request bans or its grammar forbids, with and without the guard, from shaped drafts and others",
      run: () => checkShaped(usual, settings),
    },
    {
      name: "gives two concurrent requests the same answers as separate ones: it keeps no state",
      async run() {
        for (const setting of settings) {
          for (let seed = 0; seed < 16; seed += 2) {
            const answer = (verifier: Verifier, seed: number) =>
              request({ verifier, seed, sampling: setting, logits: plain(seed) });
            const alone = [await tokensOf(answer(usual(), seed)), await tokensOf(answer(usual(), seed + 1))];
            const shared = usual();
            const together = await tokensOfBoth(answer(shared, seed), answer(shared, seed + 1));
            if (alone.join(" ") !== together.join(" "))
              throw new Error(
                `seeds ${seed} and ${seed + 1}: together ${together.join(" and ")}, alone ${alone.join(" and ")}`,
              );
          }
        }
      },
    },
  ];
}

/** Answers under a grammar and a ban, from a drafter that knows them, one that does not, and one of forced text. */
async function checkShaped(usual: () => Verifier, settings: readonly Sampling[]): Promise<void> {
  const grammar = bracketGrammar(vocabulary);
  const banned = vocabulary - 1;
  const shaped = { grammar, processors: [bannedTokens([banned])], eos: [end] };
  for (const setting of settings) {
    for (let seed = 0; seed < 18; seed++) {
      const verifier = { ...usual(), unguarded: seed % 2 === 0 || undefined };
      const drafting = [(drafter: Drafter) => drafter, unshaped, forcedDrafter][seed % 3];
      const options = { verifier, seed, sampling: setting, logits: plain(seed), drafting };
      const tokens = await tokensOf(request({ ...options, shaped }));
      if (!follows(grammar, tokens, new Set([end])) || tokens.includes(banned))
        throw new Error(`seed ${seed}, ${JSON.stringify(setting)}: ${tokens.join(" ")} breaks the rules`);
    }
  }
}

/** The drafter, which does not learn of processors and grammar. */
function unshaped(drafter: Drafter): Drafter {
  return { ...drafter, propose: (asked) => drafter.propose({ ...asked, shaping: undefined }) };
}

/** Forty greedy tokens of a random model; plain decoding without a verifier. */
export function greedyAnswer(verifier: Verifier | undefined, seed: number): Promise<Token[]> {
  return tokensOf(request({ verifier, seed, logits: plain(seed) }));
}

type Events = ReturnType<typeof decode>;

interface RequestOptions {
  readonly verifier: Verifier | undefined;
  readonly seed: number;
  readonly logits: LogitsOf;
  readonly sampling?: DecodeOptions["sampling"];
  /** Default: none, and no EOS. */
  readonly shaped?: Pick<DecodeOptions, "grammar" | "processors"> & { readonly eos: readonly Token[] };
  /** What becomes of the drafter. Default: it stays as it is. */
  readonly drafting?: ((drafter: Drafter) => Drafter) | undefined;
}

/** A request whose drafter mostly agrees with the target and has no masks. */
function request({ verifier, seed, logits, sampling, shaped, drafting = (same) => same }: RequestOptions): Events {
  const states = (kind: HiddenKind = "pre-norm") => {
    const state = (context: readonly Token[]) => randomLogits(context.length, conformanceWidth, 1);
    return { kind, width: conformanceWidth, state };
  };
  const { eos = [], ...shaping } = shaped ?? {};
  const target = tableModel({ vocabulary, eos, logits, hidden: states(verifier?.needs?.hidden) });
  const draft = noisyModel({ vocabulary, seed, noise: 1.5, eos, hidden: states(verifier?.needs?.draftHidden) });
  const drafter = verifier === undefined ? undefined : drafting(modelDrafter(draft));
  return decode([0], { target, drafter, verifier, sampling, seed, draftTokens: 5, maxTokens: length, ...shaping });
}

/** The target's logits: those of `randomModel`. */
const plain = (seed: number): LogitsOf => randomModel({ vocabulary, seed }).logits;

/** The same with three ids manswer, which differ after each token. */
const manswer =
  (seed: number): LogitsOf =>
  (context) =>
    plain(seed)(context).map((logit, id) =>
      (id + (context.at(-1) ?? 0)) % 3 === 0 ? Number.NEGATIVE_INFINITY : logit,
    );

async function tokensOf(events: Events): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of events) if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

/** Alternates between a round of one and a round of the other. */
async function tokensOfBoth(one: Events, other: Events): Promise<[Token[], Token[]]> {
  const tokens: [Token[], Token[]] = [[], []];
  let open = [0, 1] as (0 | 1)[];
  while (open.length > 0) {
    for (const which of open) {
      const { value, done } = await (which === 0 ? one : other).next();
      if (done === true) open = open.filter((still) => still !== which);
      else if (value.type === "round") tokens[which].push(...value.tokens.map(({ token }) => token));
    }
  }
  return tokens;
}
