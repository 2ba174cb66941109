import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { LenityError } from "@lenity/core";
import type { FileChoice } from "./choose-files.ts";
import { isModelName } from "./name.ts";
import { pullModel } from "./pull-model.ts";
import { pullReport } from "./report.ts";
import { readHub } from "./settings.ts";
import { cachedModel } from "./snapshot.ts";

/** A model's folder and what to call it. */
export interface ResolvedModel {
  readonly folder: string;
  /** The folder's own name, or ORG/NAME. */
  readonly name: string;
}

/**
 * Finds a model's folder from a path or ORG/NAME. Tries an existing folder, then the cache without using the network,
 * then the hub, from which it pulls the model and says so on standard error. Rejects with `model_files` if the text is
 * neither, and with the errors of `pullModel`.
 */
export async function resolveModel(model: string, choice: FileChoice = {}): Promise<ResolvedModel> {
  const found = await stat(model).catch(() => undefined);
  if (found?.isDirectory() === true) return { folder: model, name: basename(resolve(model)) };
  if (found !== undefined || !isModelName(model)) {
    const what = found === undefined ? "neither a folder nor a name on the hub" : "a file, not a folder";
    throw new LenityError("model_files", `${model} is ${what}. Expected a Hugging Face model folder, or ORG/NAME.`);
  }
  const hub = await readHub();
  const cached = await cachedModel(hub, model, choice);
  if (cached !== undefined) return { folder: cached.folder, name: model };
  const report = pullReport(process.stderr);
  if (!hub.offline)
    report.note(`${model} is not a folder here and not in the cache; downloading it from ${hub.endpoint}.`);
  const { folder } = await pullModel(hub, model, choice, report);
  return { folder, name: model };
}
