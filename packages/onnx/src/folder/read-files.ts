import { LenityError } from "@lenity/core";
import type { ModelFiles } from "./model-files.ts";

/** Reads a JSON object. Rejects with `model_files`, ending with `advice`, when the file is missing or not an object. */
export async function readJson(files: ModelFiles, path: string, advice: string): Promise<Record<string, unknown>> {
  const value = await readJsonIfThere(files, path, advice);
  if (value === undefined) throw unreadable(files, path, advice);
  return value;
}

/** The same, but undefined when the file is missing. */
export async function readJsonIfThere(files: ModelFiles, path: string, advice: string): Promise<Record<string, unknown> | undefined> {
  const text = await readText(files, path, advice);
  if (text === undefined) return undefined;
  const refuse = (what: string, cause?: unknown) => new LenityError("model_files", `${files.nameOf(path)} ${what}. ${advice}`, { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse(`is not JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refuse("does not hold a JSON object");
}

/** The content of a file as text; undefined when it is missing. Rejects with `model_files`, ending with `advice`. */
export async function readText(files: ModelFiles, path: string, advice: string): Promise<string | undefined> {
  const bytes = await readBytes(files, path, advice);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

/** The content of a file; undefined when it is missing. Rejects with `model_files`, ending with `advice`. */
export async function readBytes(files: ModelFiles, path: string, advice: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return files.read(path).catch((cause) => {
    throw unreadable(files, path, advice, cause);
  });
}

function unreadable(files: ModelFiles, path: string, advice: string, cause?: unknown): LenityError {
  const why = cause instanceof Error ? `is not readable: ${cause.message.replace(/\.$/, "")}` : "is missing";
  return new LenityError("model_files", `${files.nameOf(path)} ${why}. ${advice}`, { cause });
}
