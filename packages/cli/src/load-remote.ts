/** A target that runs elsewhere, with the tokenizer and the template of a folder here. */
import { fileURLToPath } from "node:url";
import { LenityError } from "@lenity/core";
import {
  describeFolder,
  type FolderDescription,
  loadChatTemplate,
  loadSampling,
  loadTokenizer,
  type OnnxModel,
  openFolder,
} from "@lenity/onnx";
import { eagerDrafter, pacedDrafter, type RemoteModel, remoteModel } from "@lenity/remote";
import * as tiny from "@lenity/tiny";
import { missingHeads, readHeads } from "./judge-heads.ts";
import {
  draftersOf,
  draftOf,
  type LoadModelsOptions,
  loadDraft,
  registryWith,
  type ServedModels,
  templateless,
} from "./load-models.ts";
import { readPlugins } from "./plugin-files.ts";
import { readPresets, withPresets } from "./preset-files.ts";
import { remoteAddress } from "./remote-address.ts";

/** Options that say how a target runs here. */
const local = ["dtype", "file", "device", "judge"] as const;

/** Connects to `--target`, and loads what it needs from the folder `--model`. */
export async function loadRemote(
  options: LoadModelsOptions & { readonly target: string },
  use: "messages" | "texts",
): Promise<ServedModels> {
  const address = remoteAddress(options.target);
  const stray = local.find((name) => options[name] !== undefined);
  if (stray !== undefined) throw notHere(stray);
  const folder = options.model ?? fileURLToPath(tiny.target);
  const files = await openFolder(folder);
  const [described, tokenizer, chatTemplate, sampling, presets, plugins] = await Promise.all([
    describeFolder(files),
    loadTokenizer(files),
    loadChatTemplate(files),
    loadSampling(files),
    readPresets(options.presets),
    readPlugins(options.plugin),
  ]);
  if (use === "messages" && chatTemplate === undefined) throw templateless(folder);
  const target = await connect(options, described, address);
  if (options.model === undefined && target.name !== "tiny") throw folderless(target.name);
  const returnsStates = Object.keys(target.hidden).length > 0;
  const heads = returnsStates ? await readHeads(folder) : { judge: undefined, autojudge: undefined };
  const missing = missingHeads(heads, target.name);
  const draft = await draftOf(options);
  const { engines, cacheBytes } = options;
  const drafting = draft && (await loadDraft(draft, { target: described, engines, cacheBytes }));
  for (const note of [...described.notes, ...(drafting?.notes ?? [])]) console.error(`lenity: ${note}.`);
  return {
    ...{ id: target.name, target, draft: drafting, tokenizer, chatTemplate, sampling },
    registry: withPresets(registryWith(plugins, { ...heads, tokenizer, missing }), presets, missing),
    drafters: travelling(draftersOf(drafting), target),
    close: async () => closeBoth(target, drafting),
  };
}

/** Drafters that use the time in which answers travel: they draft ahead, and as much as pays for the round trip. */
const travelling = (
  { model, ...others }: ServedModels["drafters"],
  { wire }: RemoteModel,
): ServedModels["drafters"] => ({
  ...(model === undefined ? {} : { model: () => pacedDrafter(eagerDrafter(model()), wire) }),
  ...others,
});

const connect = (
  { context, targetModel }: LoadModelsOptions,
  described: FolderDescription,
  address: ReturnType<typeof remoteAddress>,
): Promise<RemoteModel> =>
  remoteModel({
    ...address,
    model: targetModel,
    // Not a flag: all users of a machine see those.
    key: process.env["LENITY_TARGET_KEY"],
    tokens: described,
    eos: described.eos,
    contextLength: context ?? (address.engine === "oip" ? described.contextLength : undefined),
  });

async function closeBoth(target: RemoteModel, drafting: OnnxModel | undefined): Promise<void> {
  await Promise.all([target.close(), drafting?.close()]);
}

const notHere = (flag: string): LenityError =>
  new LenityError(
    "invalid_request",
    `--${flag} is about a target that runs here, and --target names one elsewhere. Leave out one of them.`,
    { path: flag },
  );

const folderless = (name: string): LenityError =>
  new LenityError(
    "invalid_request",
    `The target is ${name}, and its tokenizer is needed here. Name the folder of that model with --model: it needs tokenizer.json, tokenizer_config.json and config.json, but no weights.`,
    { path: "model" },
  );
