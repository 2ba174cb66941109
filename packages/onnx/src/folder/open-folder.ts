import { filesIn, folderPath } from "./disk-files.ts";
import { type ModelFolder, modelFolder } from "./model-folder.ts";

/** A folder on a disk: its path or its file: URL, or the same folder opened. */
export type DiskFolder = string | URL | ModelFolder;

/**
 * Opens a folder on a disk for several loads: its small files are then read and parsed once for all of them. Rejects
 * with `model_files` when there is no such folder.
 */
export async function openFolder(folder: DiskFolder): Promise<ModelFolder> {
  return typeof folder === "string" || folder instanceof URL ? modelFolder(filesIn(await folderPath(folder))) : folder;
}
