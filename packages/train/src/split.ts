import type { Random } from "@lenity/core";
import type { Example } from "./example.ts";

/** One prompt in this many is for validation. */
const share = 5;

export interface Split {
  readonly training: readonly Example[];
  readonly validation: readonly Example[];
}

/**
 * Splits examples by prompt, so that no prompt is on both sides. A fifth of the prompts is for validation, evenly from
 * each group, and from prompts with and without tokens that must be rejected.
 */
export function split(examples: readonly Example[], random: Random): Split {
  const prompts = shuffled([...Map.groupBy(examples, ({ prompt }) => prompt).values()], random);
  const strata = Map.groupBy(prompts, (prompt) => `${prompt.some(({ fine }) => !fine)} ${prompt[0]?.group ?? ""}`);
  const sides = Object.groupBy([...strata.values()].flat().entries(), ([i]) =>
    i % share === share - 1 ? "validation" : "training",
  );
  const of = (side: keyof Split) => sides[side]?.flatMap(([, prompt]) => prompt) ?? [];
  return { training: of("training"), validation: of("validation") };
}

/** A random order (Fisher and Yates). */
function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
