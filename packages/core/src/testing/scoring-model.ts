import type { Evidence } from "../evidence/evidence.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import { type Measure, type Reading, type Readings, type RowKind, topOf } from "../evidence/reading.ts";
import type { LanguageModel, Scored, ScoreOptions, Session, Token } from "../model.ts";
import { sampling } from "../sampling.ts";
import { topThreeEntropy } from "../verifiers/fly.ts";

/** The numbers that a backend is asked for, computed with the plain arithmetic. A backend must return equal ones. */
export function plainReadings(
  readings: Iterable<Reading>,
  target: Evidence,
  draft: readonly Token[],
  drafter: Evidence | undefined,
): Readings {
  const number = (reading: Reading, at: number): number => {
    if (reading === "argmax") return target.argmax(at);
    const [kind, what] = reading.split(" ") as [
      RowKind,
      Measure | "probability" | "draft-probability" | "confidence" | "entropy",
    ];
    if (what === "confidence") return Math.log(target.confidence(at, kind));
    if (what === "entropy") return target.entropy(at, kind);
    const token = draft[at];
    // The bonus position tests no token and has no drafted row.
    if (token === undefined) return 0;
    if (reading === "top-three entropy") return topThreeEntropy(target, at);
    const top = topOf(reading);
    if (top !== undefined) {
      const logits = target.logits(at);
      const above = logits.filter((logit) => logit > (logits[token] as number)).length;
      const below = target.confidence(at, "raw") - target.probability(at, token, "raw");
      return above < top.k && below <= top.delta ? 1 : 0;
    }
    if (reading === "support") return (target.logits(at)[token] as number) > Number.NEGATIVE_INFINITY ? 1 : 0;
    if (what === "probability") return Math.log(target.probability(at, token, kind));
    if (drafter === undefined) throw new TypeError(`${reading} needs draft logits, and none were given.`);
    return what === "draft-probability"
      ? Math.log(drafter.probability(at, token, kind))
      : target.divergence(at, drafter, what, kind);
  };
  const positions = Array.from({ length: target.length }, (_, at) => at);
  return Object.fromEntries([...readings].map((reading) => [reading, positions.map((at) => number(reading, at))]));
}

/**
 * A model whose rows stay on a device: its sessions return numbers by `score`, and count the rows that are still
 * fetched.
 */
export interface ScoringModel extends LanguageModel {
  /** How many blocks were scored, and how many of their rows were fetched. */
  readonly asked: { blocks: number; rows: number };
}

/** The same model with sessions that have `score`. */
export function scoringModel(model: LanguageModel): ScoringModel {
  const asked = { blocks: 0, rows: 0 };
  const scoring = (session: Session): Session => {
    const score = async (tokens: readonly Token[], options: ScoreOptions): Promise<Scored> => {
      asked.blocks++;
      const { logits, hidden } = await session.append(tokens, { hidden: options.hidden, signal: options.signal });
      const settings = sampling({ temperature: options.temperature });
      const target = logitsEvidence(logits, model.vocabulary, settings);
      // As if transferred to another thread: the caller's array is unusable.
      const drafterLogits = options.drafterLogits?.slice();
      options.drafterLogits?.fill(Number.NaN);
      const drafter =
        drafterLogits === undefined ? undefined : logitsEvidence(drafterLogits, model.vocabulary, settings);
      const row = async (at: number) => {
        asked.rows++;
        return target.logits(at).slice();
      };
      return {
        readings: plainReadings(options.readings, target, tokens.slice(1), drafter),
        drafterLogits,
        hidden,
        row,
      };
    };
    return {
      get length() {
        return session.length;
      },
      append: (tokens, options) => session.append(tokens, options),
      score,
      rewind: (length) => session.rewind(length),
      close: () => session.close(),
    };
  };
  const reach = { gives: () => true, rows: true, draws: false };
  return { ...model, asked, reach, open: async (options) => scoring(await model.open(options)) };
}
