/**
 * Whether an engine's numbers fit what it said before. The row that predicts the last committed token is scored again
 * in each round, and must give that token the log probability that it had when it was drawn or accepted.
 */
import { LenityError, type Sample, type Token } from "@lenity/core";
import type { Position, ScoreReply } from "./engine.ts";
import type { Wire } from "./wire.ts";

/** What was said of the tokens that may be at one index of a sequence. */
interface Said {
  readonly index: number;
  readonly logprobs: ReadonlyMap<Token, number>;
}

export interface StaleCheck {
  /** Scores, and once more without the engine's cache if the numbers do not fit. Throws `engine_failed` if these do not. */
  score(tokens: readonly Token[], from: number, ask: (fresh: boolean) => Promise<ScoreReply>): Promise<ScoreReply>;
  /** Remembers rows: the first one predicts the token at `index`. Forgets all before. */
  noteRows(positions: readonly Position[], tokens: readonly Token[], index: number): void;
  /** Remembers draws for one index. */
  noteDraws(samples: readonly Sample[], index: number): void;
}

/** `tolerance` is how far log probabilities of the same token may lie apart. */
export function staleCheck(name: string, tolerance: number, wire: Wire): StaleCheck {
  let said: Said[] = [];
  return {
    async score(tokens, from, ask) {
      const token = tokens[from] as Token;
      const expected = said.flatMap(({ index, logprobs }) => (index === from ? (logprobs.get(token) ?? []) : []));
      const fits = ({ positions }: ScoreReply): boolean => {
        const own = positions[0]?.own;
        return (
          own === undefined || expected.length === 0 || expected.some((value) => !(Math.abs(value - own) > tolerance))
        );
      };
      const reply = await ask(false);
      if (fits(reply)) return reply;
      wire.stale++;
      const again = await ask(true);
      if (fits(again)) return again;
      throw changed(name);
    },
    noteRows(positions, tokens, index) {
      said = positions.map(({ top, own }, at) => {
        const logprobs = new Map(top.map(({ token, logprob }) => [token, logprob]));
        const token = tokens[index + at];
        if (token !== undefined && own !== undefined) logprobs.set(token, own);
        return { index: index + at, logprobs };
      });
    },
    noteDraws(samples, index) {
      for (const { token, probability } of samples)
        said.push({ index, logprobs: new Map([[token, Math.log(probability)]]) });
    },
  };
}

const changed = (name: string): LenityError =>
  new LenityError(
    "engine_failed",
    `${name} gives another probability for a token than a moment ago, even without its cache. It was restarted with another model, or it is not exact enough: send the request again, or allow a higher tolerance.`,
    { kind: "engine_changed", model: name },
  );
