import { filesIn, folderPath } from "./disk-files.ts";
import { type ModelFolder, modelFolder } from "./model-folder.ts";

/** A folder on disk: its path or file: URL, or the folder already opened. */
export type DiskFolder = string | URL | ModelFolder;

/**
 * Opens a folder on disk so that several loads share it: its small files are read and parsed only once. Rejects with
 * `model_files` when the folder does not exist.
 */
export async function openFolder(folder: DiskFolder): Promise<ModelFolder> {
  return typeof folder === "string" || folder instanceof URL ? modelFolder(filesIn(await folderPath(folder))) : folder;
}
