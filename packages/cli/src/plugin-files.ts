/** The modules of `--plugin`. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LenityError, type VerifierPlugin } from "@lenity/core";

/**
 * Imports the modules. Each has a verifier plugin, or an array of them, as its default export. Rejects with
 * `invalid_policy` if one cannot be imported or has something else.
 */
export async function readPlugins(files: readonly string[] = []): Promise<VerifierPlugin[]> {
  const all = await Promise.all(files.map(readPlugin));
  return all.flat();
}

async function readPlugin(file: string): Promise<VerifierPlugin[]> {
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(resolve(file)).href)) as { readonly default?: unknown }).default;
  } catch (cause) {
    throw new LenityError("invalid_policy", `Cannot import the plugin ${file}: ${(cause as Error).message}`, { cause });
  }
  const plugins: unknown[] = Array.isArray(exported) ? exported : [exported];
  if (plugins.length > 0 && plugins.every(isPlugin)) return plugins as VerifierPlugin[];
  throw new LenityError(
    "invalid_policy",
    `The default export of ${file} is no verifier plugin; expected verifierPlugin({ name, summary, schema, create }) of @lenity/core, or an array of them.`,
  );
}

function isPlugin(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { name, summary, schema, create } = value as Partial<Record<keyof VerifierPlugin, unknown>>;
  return (
    typeof name === "string" &&
    typeof summary === "string" &&
    typeof schema === "object" &&
    typeof create === "function"
  );
}
