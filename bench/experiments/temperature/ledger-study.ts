/**
 * The divergence KL(P‖Π) of whole answers under a ledger, measured on answers that the target has sampled.
 *
 * An answer under a ledger has a hidden part: which of its tokens ended a round. P gets the same hidden part, drawn
as Π
 * draws it for the tokens that are there. The log-ratio of the two is then a sum over relaxed positions, ln p(x)/π(x),
 * and its mean over answers of P is the KL of both parts together, which is at least that of the answers. The ledger's
 * bound covers it.
 */
import {
  complete,
  type Evidence,
  kl,
  type LanguageModel,
  ledger,
  logitsEvidence,
  type Random,
  type Round,
  sampling,
  seeded,
  type Token,
  type Verdict,
} from "@lenity/core";
import type { Problem } from "../../../packages/tiny/src/problem.ts";
import { maxTokens } from "../harness/answer.ts";
import type { Models } from "../harness/models.ts";
import { drawProblems, type ProblemSet } from "../harness/problems.ts";
import { rememberedModel } from "../harness/remembered-model.ts";
import type { Study } from "../harness/study.ts";
import { relaxedLaw } from "./relaxed-law.ts";
import { gate } from "./rules.ts";

/** One entry for each temperature and budget. No budget is the gate without a ledger. */
export type LedgerRun = readonly {
  readonly temperature: number;
  readonly budget?: number;
  /** The log-ratio of this answer, in nats. */
  readonly divergence: number;
  /** What the ledger charges for it. */
  readonly spent: number;
}[];

export interface LedgerStudyOptions {
  readonly problems: ProblemSet;
  readonly budgets: readonly number[];
  readonly temperatures: readonly number[];
  readonly draftTokens: number;
}

export function ledgerStudy(options: LedgerStudyOptions): Study<LedgerRun> {
  let drawn: readonly Problem[] | undefined;
  return {
    count: options.problems.count,
    settings: options,
    async run(index, models) {
      drawn ??= drawProblems(options.problems);
      const prompt = models.writer.write([{ role: "user", content: (drawn[index] as Problem).question }]);
      const runs: LedgerRun[number][] = [];
      for (const temperature of options.temperatures) {
        const positions = await sampledAnswer(prompt, temperature, index, models);
        for (const budget of [...options.budgets, undefined]) {
          const limit = budget ?? Number.POSITIVE_INFINITY;
          const measured = await underLedger(positions, limit, options.draftTokens, seeded(index));
          runs.push({ temperature, ...(budget === undefined ? {} : { budget }), ...measured });
        }
      }
      return runs;
    },
  };
}

/** A token of an answer as a block of one drafted token. */
type Position = Omit<Round, "spent">;

/** An answer that the target samples, with the rows of both models at each token. */
async function sampledAnswer(
  prompt: readonly Token[],
  temperature: number,
  seed: number,
  models: Models,
): Promise<Position[]> {
  const { tokenizer, writer, drafts } = models;
  const target = rememberedModel(models.target);
  const draft = drafts.plain as LanguageModel;
  const how = sampling({ temperature });
  const session = await draft.open();
  try {
    const answer = await complete(prompt, { target, tokenizer, seed, sampling: how, maxTokens });
    const tokens = answer.tokens.map(({ token }) => token);
    const context = [...prompt, ...tokens];
    const p = await (await target.open()).append(context, { rows: tokens.length + 1 });
    const q = await session.append(context.slice(0, -1), { rows: tokens.length });
    const evidence = (model: LanguageModel, logits: Float32Array, from: number, to: number): Evidence =>
      logitsEvidence(logits.subarray(from * model.vocabulary, to * model.vocabulary), model.vocabulary, how, model);
    return tokens.map((token, at) => ({
      ...{ context: context.slice(0, prompt.length + at), promptLength: prompt.length, draft: [token] },
      target: evidence(target, p.logits, at, at + 2),
      drafter: evidence(draft, q.logits, at, at + 1),
      ...{ looping: false, greedy: false, control: writer.control },
      // A coin with which `sd` accepts, so that the verdict tells of this token whether the ledger relaxes here.
      uniform: [0],
      noise: 0,
    }));
  } finally {
    await Promise.all([session.close(), target.close()]);
  }
}

/** Goes along the answer in rounds, as decoding under the ledger would. */
async function underLedger(
  positions: readonly Position[],
  budget: number,
  draftTokens: number,
  random: Random,
): Promise<{ readonly divergence: number; readonly spent: number }> {
  const { threshold, max_confidence: maxConfidence, rows } = gate;
  const rule = ledger(kl({ threshold, maxConfidence, rows }), { budget });
  let spent: Round["spent"] = new Map();
  let [divergence, charged, drafted] = [0, 0, 0];
  for (const position of positions) {
    if (drafted === draftTokens) {
      drafted = 0; // the bonus token, which is drawn from p
      continue;
    }
    const { charges } = (await rule.verify({ ...position, spent })) as Verdict;
    const { ledger: account, nats } = (charges as NonNullable<Verdict["charges"]>)[0] as {
      ledger: symbol;
      nats: number[];
    };
    charged += nats[0] as number;
    spent = new Map([[account, charged]]);
    const { ratio, accepted } = relaxedLaw(position, (nats[0] as number) > 0);
    divergence += ratio;
    drafted = random() < accepted ? drafted + 1 : 0;
  }
  return { divergence, spent: charged };
}
