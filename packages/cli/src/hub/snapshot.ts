import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { LenityError } from "@lenity/core";
import { externalDataFault, scanOnnx } from "@lenity/onnx";
import { cachedCommit, shelfOf } from "./cache.ts";
import { chooseFiles } from "./choose-files.ts";
import type { Pulled, PullOptions } from "./pulled.ts";
import type { Hub } from "./settings.ts";

/** Finds a model in the cache, without the network; undefined if any of the requested files is missing. */
export async function cachedModel(
  hub: Hub,
  model: string,
  { revision = "main", ...choice }: PullOptions,
): Promise<Pulled | undefined> {
  const shelf = shelfOf(hub, model);
  const commit = await cachedCommit(shelf, revision);
  if (commit === undefined) return undefined;
  const folder = shelf.snapshot(commit);
  const files = await filesOf(folder);
  if (!files.some(({ path }) => path === "tokenizer.json")) return undefined;
  try {
    const chosen = chooseFiles(model, files, choice);
    if (chosen.model !== undefined && lacksData(join(folder, chosen.model.path))) return undefined;
    return { model, revision, commit, folder, files: chosen.files.map((file) => ({ ...file, cached: true })) };
  } catch (error) {
    if (error instanceof LenityError) return undefined;
    throw error;
  }
}

/** Whether files with the model's weights are missing. False for a file that is not ONNX, which loading reports. */
function lacksData(file: string): boolean {
  try {
    return externalDataFault(scanOnnx(file)) !== undefined;
  } catch (error) {
    if (error instanceof LenityError) return false;
    throw error;
  }
}

async function filesOf(folder: string): Promise<{ path: string; bytes: number }[]> {
  const files: { path: string; bytes: number }[] = [];
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    const found = await stat(join(folder, name)).catch(() => undefined); // undefined: a link to a blob that is gone
    if (found?.isFile() === true) files.push({ path: name.replaceAll(sep, "/"), bytes: found.size });
  }
  return files;
}
