import type { GenerationConfig } from "./generation-config.ts";

/**
 * Settings in generation_config.json that would change the text but are not applied, each with the value that has no
 * effect.
 */
const unknown: Readonly<Record<string, unknown>> = {
  repetition_penalty: 1,
  encoder_repetition_penalty: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  no_repeat_ngram_size: 0,
  encoder_no_repeat_ngram_size: 0,
  exponential_decay_length_penalty: undefined,
  penalty_alpha: 0,
  guidance_scale: 1,
  num_beams: 1,
  sequence_bias: undefined,
  bad_words_ids: undefined,
  suppress_tokens: undefined,
  begin_suppress_tokens: undefined,
  forced_bos_token_id: undefined,
  forced_eos_token_id: undefined,
  stop_strings: undefined,
  min_length: 0,
  min_new_tokens: 0,
  max_new_tokens: undefined,
};

/** The same for settings that matter only with sampling. */
const unknownOfSampling: Readonly<Record<string, unknown>> = {
  typical_p: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
  top_h: undefined,
};

/** A warning about recommended settings that are not applied; undefined when there are none. */
export function droppedSettings({ settings, file }: GenerationConfig): string | undefined {
  const all = settings["do_sample"] === true ? { ...unknown, ...unknownOfSampling } : unknown;
  const dropped = Object.entries(all).flatMap(([name, nothing]) => {
    const value = settings[name] ?? nothing;
    if (value === nothing || (Array.isArray(value) && value.length === 0)) return [];
    return [typeof value === "number" ? `${name} ${value}` : name];
  });
  if (dropped.length === 0) return undefined;
  return `${file} recommends settings that are not applied: ${dropped.join(", ")}. Answers may be repetitive, or end differently from what the model's authors intended.`;
}
