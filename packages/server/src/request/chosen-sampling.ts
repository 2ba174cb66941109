import { greedy, type Sampling } from "@lenity/core";

/** The settings of a request or a command line. Undefined or null uses the model's default. */
export type AskedSampling = { readonly [Name in keyof Sampling]?: Sampling[Name] | null | undefined };

/** OpenAI's defaults, for models without recommendations. */
const usual: Sampling = { ...greedy, temperature: 1 };

/**
 * How an answer is sampled. Each setting is the requested one, else the model's recommendation (its
 * generation_config.json), else OpenAI's default.
 */
export function chosenSampling(asked: AskedSampling, recommended: Partial<Sampling> = {}): Sampling {
  const choose = (name: keyof Sampling): number => asked[name] ?? recommended[name] ?? usual[name];
  return {
    temperature: choose("temperature"),
    topK: Math.max(0, choose("topK")), // vLLM clients send −1 for all
    // 0 keeps only the most probable token, whose probability is always larger than this.
    topP: Math.max(1e-9, choose("topP")),
    minP: choose("minP"),
  };
}
