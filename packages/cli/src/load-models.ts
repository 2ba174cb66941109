import { fileURLToPath } from "node:url";
import {
  defaultRegistry,
  LenityError,
  lookupDrafter,
  type Registry,
  type RegistryOptions,
  type VerifierPlugin,
} from "@lenity/core";
import {
  type DeviceOption,
  type DraftTarget,
  type Dtype,
  type FolderTokenizer,
  type LoadOptions,
  loadChatTemplate,
  loadModel,
  loadPair,
  loadSampling,
  loadTokenizer,
  type ModelFolder,
  type OnnxModel,
  onnxDrafter,
  openFolder,
} from "@lenity/onnx";
import type { ServedModel } from "@lenity/server";
import * as tiny from "@lenity/tiny";
import { type DraftDtype, draftDtype } from "./draft-dtype.ts";
import { type ResolvedModel, resolveModel } from "./hub/resolve-model.ts";
import { headStates, type LoadedStates, missingHeads, readHeads } from "./judge-heads.ts";
import { checkFile } from "./options.ts";
import { readPlugins } from "./plugin-files.ts";
import { readPresets, strangers, withPresets } from "./preset-files.ts";

export interface LoadModelsOptions {
  /** A target elsewhere, as in `sglang+http://host:30000`; `model` is then the folder of its tokenizer. */
  readonly target?: string | undefined;
  /** The name of that target at its engine. Default: the one that the engine serves first. */
  readonly targetModel?: string | undefined;
  /** The target: a folder, or ORG/NAME on the hub. Default: the built-in pair. */
  readonly model?: string | undefined;
  /** The draft model, likewise. Default: the built-in one; with `model`, none, so that prompt lookup drafts. */
  readonly draft?: string | undefined;
  /** The variant of the target's file, as in `model_fp16.onnx`. Default: fp32, or the only one. */
  readonly dtype?: Dtype | undefined;
  /** Path of the target's file in its folder, instead of a variant. */
  readonly file?: string | undefined;
  /** The variant of the draft's file. Default: the target's if the draft has it, or the draft's only one. */
  readonly draftDtype?: Dtype | undefined;
  /** Where the models run. Default: cpu. */
  readonly device?: DeviceOption | undefined;
  /** Maximum tokens of prompt and answer together. Default: the value in the target's folder. */
  readonly context?: number | undefined;
  /** File with a judge head. Default: `judge.json` in the target's folder, if there is one. */
  readonly judge?: string | undefined;
  /** Modules with verifiers: see plugin-files.ts. */
  readonly plugin?: readonly string[] | undefined;
  /** Files with presets. */
  readonly presets?: readonly string[] | undefined;
  /** The hidden states to load the models with. Default: those that the heads read. */
  readonly states?: LoadedStates | undefined;
  /** Engines per model, which is the number of answers at a time. Default 1. */
  readonly engines?: number | undefined;
  /** The option of `loadModel`, for each model. */
  readonly cacheBytes?: number | undefined;
}

/** Models that answer. Their drafters are `model`, if there is a draft model, then `lookup`. */
export interface ServedModels extends ServedModel {
  readonly tokenizer: FolderTokenizer;
  readonly draft: OnnxModel | undefined;
  close(): Promise<void>;
}

/** The same with a target in this process. */
export interface LoadedModels extends ServedModels {
  readonly target: OnnxModel;
}

/**
 * Loads the models, and prints warnings and notes on standard error. For `use: "messages"`, a folder without a chat
 * template is refused before its model is loaded.
 */
export async function loadModels(
  options: LoadModelsOptions,
  use: "messages" | "texts" = "texts",
): Promise<LoadedModels> {
  checkFile(options);
  const { folder, name } = await targetOf(options);
  const draft = await draftOf(options);
  const files = await openFolder(folder);
  const [tokenizer, chatTemplate, heads, sampling, presets, plugins] = await Promise.all([
    loadTokenizer(files),
    loadChatTemplate(files),
    readHeads(folder, options.judge),
    loadSampling(files),
    readPresets(options.presets),
    readPlugins(options.plugin),
  ]);
  if (use === "messages" && chatTemplate === undefined) throw templateless(folder);
  const missing = missingHeads(heads, name);
  const registry = withPresets(registryWith(plugins, { ...heads, tokenizer, missing }), presets, missing);
  const { dtype, file, device, engines, cacheBytes, context: contextLength } = options;
  const { hidden, draftHidden } = options.states ?? headStates(heads);
  const own = { engines, cacheBytes, dtype, file, device, contextLength, hidden, name };
  const pair = draft && (await loadPair(files, draft.folder, { ...own, draftDtype: draft.dtype, draftHidden }));
  const target = pair?.target ?? (await loadModel(files, { ...own, drafter: false }));
  const drafting = pair?.draft;
  for (const warning of target.warnings) console.error(`warning: ${warning}`);
  if (device !== undefined) showDevices(drafting === undefined ? [target] : [target, drafting]);
  const notes = [
    ...target.notes,
    ...(draft?.note === undefined ? [] : [draft.note]),
    ...(drafting?.notes ?? []),
    ...strangers(presets, name, drafting?.name),
  ];
  for (const note of notes) console.error(`lenity: ${note}.`);
  return {
    id: name,
    target,
    draft: drafting,
    tokenizer,
    chatTemplate,
    sampling,
    registry,
    drafters: draftersOf(drafting),
    close: () => target.close(),
  };
}

/** The registry with these plugins too. Throws `invalid_policy` if a name is taken. */
export function registryWith(plugins: readonly VerifierPlugin[], options: RegistryOptions): Registry {
  try {
    return defaultRegistry({ ...options, plugins });
  } catch (cause) {
    throw new LenityError("invalid_policy", `--plugin: ${(cause as Error).message}`, { cause });
  }
}

/** The drafters by name, the default first. */
export const draftersOf = (draft: OnnxModel | undefined): ServedModel["drafters"] => ({
  ...(draft === undefined ? {} : { model: () => onnxDrafter(draft) }),
  lookup: () => lookupDrafter(),
});

/** Loads the draft model on one thread. */
export const loadDraft = (
  { folder, dtype }: Draft,
  { target, ...options }: LoadOptions & { readonly target: DraftTarget },
): Promise<OnnxModel> => loadModel(folder, { ...options, dtype, threads: 1, draftsFor: target });

/** The error for a base model that should answer messages. */
export const templateless = (folder: string): LenityError =>
  new LenityError(
    "model_files",
    `${folder} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json), so it is a base model: it continues text but cannot answer messages. Use lenity complete to continue a text. To get answers, use a chat model or add a template.`,
  );

async function targetOf({ model, dtype, file }: LoadModelsOptions): Promise<ResolvedModel> {
  return model === undefined
    ? { folder: fileURLToPath(tiny.target), name: "tiny" }
    : resolveModel(model, { dtype, file });
}

export interface Draft extends DraftDtype {
  readonly folder: ModelFolder;
}

/** The draft's folder and variant; undefined if there is no draft model. */
export async function draftOf(options: LoadModelsOptions): Promise<Draft | undefined> {
  const { model, draft, dtype, draftDtype: given } = options;
  if (draft === undefined) {
    if (given !== undefined)
      throw new LenityError(
        "invalid_request",
        `--draft-dtype ${given} needs --draft. Add --draft, or remove --draft-dtype.`,
      );
    return model === undefined ? { folder: await openFolder(tiny.draft), dtype: undefined } : undefined;
  }
  const resolved = await resolveModel(draft, { dtype: given ?? dtype, orOnly: given === undefined });
  const folder = await openFolder(resolved.folder);
  return { folder, ...(await draftDtype(folder, options)) };
}

/** Prints a line for each device and reason. */
function showDevices(models: readonly OnnxModel[]): void {
  const lines = Map.groupBy(models, ({ device }) => `${device.name}. ${device.why}`);
  for (const [line, group] of lines) {
    console.error(
      `lenity: ${group.map(({ name }) => name).join(" and ")} ${group.length === 1 ? "runs" : "run"} on ${line}`,
    );
  }
}
