import type { ServedModel } from "../served-model.ts";

/** A model in OpenAI's format, and the presets that requests may name: "exact" ones leave its text as it is. */
export interface ModelEntry {
  readonly id: string;
  readonly object: "model";
  /** Seconds since 1970. */
  readonly created: number;
  readonly owned_by: string;
  /** The most tokens of a prompt and its answer, as in vLLM. */
  readonly max_model_len: number;
  readonly presets: readonly { readonly name: string; readonly law: string; readonly lossy: boolean }[];
}

export function modelEntry({ id, registry, target }: ServedModel, created: number): ModelEntry {
  const presets = registry.presets.map(({ name }) => {
    const { law } = registry.create(name);
    return { name, law, lossy: law !== "exact" };
  });
  return { id, object: "model", created, owned_by: "lenity", max_model_len: target.contextLength, presets };
}
