/** The files of `--presets`. */
import { readFile } from "node:fs/promises";
import { createRegistry, LenityError, type Registry } from "@lenity/core";
import { type LoadedPreset, readPreset } from "@lenity/train";

/** A preset and its file. */
export interface NamedPreset extends LoadedPreset {
  readonly file: string;
}

/** Reads the files. Rejects with `invalid_policy` if one cannot be read or is not a preset. */
export function readPresets(files: readonly string[] = []): Promise<NamedPreset[]> {
  return Promise.all(
    files.map(async (file) => {
      let json: unknown;
      try {
        json = JSON.parse(await readFile(file, "utf8"));
      } catch (cause) {
        throw new LenityError("invalid_policy", `Cannot read the preset ${file}: ${(cause as Error).message}.`, {
          cause,
        });
      }
      return { file, ...readPreset(json, file) };
    }),
  );
}

/** The registry with these presets too. Throws `invalid_policy` if a name is taken, or a policy is not valid in it. */
export function withPresets(
  { plugins, presets }: Registry,
  added: readonly NamedPreset[],
  missing: Readonly<Record<string, string>>,
): Registry {
  const names = new Set(presets.map(({ name }) => name));
  for (const { file, preset } of added) {
    if (names.has(preset.name))
      throw new LenityError(
        "invalid_policy",
        `${file} names a preset ${preset.name}, and there is one already. Rename it.`,
      );
    names.add(preset.name);
  }
  const registry = createRegistry(plugins, [...presets, ...added.map(({ preset }) => preset)], missing);
  for (const { file, preset } of added) registry.create(preset.policy, `${file}: policy`);
  return registry;
}

/** A note for each preset that was calibrated on other models than those that are loaded. */
export function strangers(presets: readonly NamedPreset[], target: string, draft: string | undefined): string[] {
  const pair = (target: string, draft: string | undefined) =>
    draft === undefined ? target : `${target} with ${draft}`;
  return presets.flatMap(({ preset, file, madeFor }) =>
    madeFor === undefined || (madeFor.target === target && madeFor.draft === draft)
      ? []
      : `the preset ${preset.name} of ${file} was calibrated on ${pair(madeFor.target, madeFor.draft)}, not on ${pair(target, draft)}, so its guarantee does not hold`,
  );
}
