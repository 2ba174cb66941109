/** What the models made of labelled answers, kept in a file until the run is done. */
import type { KeptReadings } from "@lenity/train";
import { keptAnswers } from "./kept-answers.ts";

/** A reading in JSON, which has no NaN: a divergence without a draft model is null. */
interface KeptReading {
  readonly numbers: readonly (readonly [fine: boolean, same: boolean, kl: number | null, ...rest: [number, number]])[];
  /** The bytes of the states in base64. */
  readonly states: string;
}

/**
 * Reads the file of an earlier run. `settings` is all that a reading depends on: the file begins anew if it is of other
 * settings. `remove` ends the run.
 */
export async function keptReadings(
  file: string,
  settings: unknown,
): Promise<KeptReadings & { readonly remove: () => Promise<void> }> {
  const kept = await keptAnswers<KeptReading>(file, settings);
  return {
    get(answer) {
      const found = kept.get("", answer);
      if (found === undefined) return undefined;
      const numbers = found.numbers.map(([fine, same, kl, entropy, margin]) => {
        return { fine, same, kl: kl ?? Number.NaN, entropy, margin };
      });
      return { numbers, states: new Float32Array(Uint8Array.from(Buffer.from(found.states, "base64")).buffer) };
    },
    add: (answer, { numbers, states }) =>
      kept.add("", answer, {
        numbers: numbers.map(({ fine, same, kl, entropy, margin }) => [fine, same, kl, entropy, margin]),
        states: Buffer.from(states.buffer, states.byteOffset, states.byteLength).toString("base64"),
      }),
    remove: kept.remove,
  };
}
