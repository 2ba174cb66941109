/** Model folders on disk. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LenityError } from "@lenity/core";
import { firstLine } from "../onnx-file/first-line.ts";
import type { ListedFile, ModelFiles } from "./model-files.ts";

/** The files of an existing folder. */
export function filesIn(dir: string): ModelFiles {
  const nameOf = (path: string) => join(dir, path);
  return {
    place: dir,
    nameOf,
    read: async (path) => ((await exists(nameOf(path))) ? readFile(nameOf(path)) : undefined),
    list: () => listFiles(dir),
  };
}

/** Sorted by path. Links are followed; broken ones are left out. */
async function listFiles(dir: string): Promise<readonly ListedFile[]> {
  const own = await readdir(dir);
  const more = await readdir(join(dir, "onnx")).catch(() => []);
  const paths = [...own, ...more.map((name) => `onnx/${name}`)].sort();
  const listed = paths.map(async (path) => {
    const found = await stat(join(dir, path)).catch(() => undefined);
    return found === undefined ? [] : [{ path, bytes: found.isFile() ? found.size : undefined }];
  });
  return (await Promise.all(listed)).flat();
}

/** The path of an existing folder. Rejects with `model_files` when it is not a folder or cannot be read. */
export async function folderPath(folder: string | URL): Promise<string> {
  const dir = typeof folder === "string" ? folder : fileURLToPath(folder);
  const found = await stat(dir).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw new LenityError(
      "model_files",
      `${dir} cannot be read: ${firstLine(cause)}. Give this program permission to read it, or name another folder.`,
      {
        cause,
      },
    );
  });
  if (found?.isDirectory() === true) return dir;
  throw new LenityError(
    "model_files",
    `${dir} is not a folder. Expected a Hugging Face model folder with config.json, tokenizer.json and onnx/model.onnx.`,
  );
}

/** Whether the path exists. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
