import { greedy, type Sampling } from "@lenity/core";

/** What a request or a command line asks for; what is undefined or null is left to the model. */
export type AskedSampling = { readonly [Name in keyof Sampling]?: Sampling[Name] | null | undefined };

/** OpenAI's, for models that recommend nothing. */
const usual: Sampling = { ...greedy, temperature: 1 };

/**
 * How an answer is sampled: each setting as it is asked for, else as the model recommends it (its
 * generation_config.json), else as is usual.
 */
export function chosenSampling(asked: AskedSampling, recommended: Partial<Sampling> = {}): Sampling {
  const choose = (name: keyof Sampling): number => asked[name] ?? recommended[name] ?? usual[name];
  return {
    temperature: choose("temperature"),
    topK: Math.max(0, choose("topK")), // −1 is "all" for vLLM's clients
    // No share at all still leaves the most probable token: its own is always larger than this.
    topP: Math.max(1e-9, choose("topP")),
    minP: choose("minP"),
  };
}
