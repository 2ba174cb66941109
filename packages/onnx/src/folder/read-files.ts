import { LenityError } from "@lenity/core";
import type { ModelFiles } from "./model-files.ts";

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object; undefined when the file is missing. Rejects with `model_files`, ending with `advice`, when the
 * file contains anything else.
 */
export async function readJson(files: ModelFiles, path: string, advice: string): Promise<Json | undefined> {
  const text = await readText(files, path, advice);
  if (text === undefined) return undefined;
  const refuse = (what: string, cause?: unknown) =>
    new LenityError("model_files", `${files.nameOf(path)} ${what}. ${advice}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(`is not JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw refuse("does not contain a JSON object");
}

/**
 * The content of a file as text; undefined when it is missing. Rejects with `model_files`, ending with `advice`, when
 * it cannot be read.
 */
export async function readText(files: ModelFiles, path: string, advice: string): Promise<string | undefined> {
  const bytes = await readBytes(files, path, advice);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/**
 * The content of a file; undefined when it is missing. Rejects with `model_files`, ending with `advice`, when it cannot
 * be read.
 */
export async function readBytes(
  files: ModelFiles,
  path: string,
  advice: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return files.read(path).catch((cause) => {
    const why = cause instanceof Error ? cause.message.replace(/\.$/, "") : String(cause);
    throw new LenityError("model_files", `${files.nameOf(path)} is not readable: ${why}. ${advice}`, { cause });
  });
}

/** The error for a missing required file. */
export function missing(files: Pick<ModelFiles, "nameOf">, path: string, advice: string): LenityError {
  return new LenityError("model_files", `${files.nameOf(path)} is missing. ${advice}`);
}
