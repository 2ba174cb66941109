import { extname } from "node:path";

/** The URL of a thread's script, from its path relative to a module, without extension. Compiled if that module is. */
export function threadScript(path: string, from: string): URL {
  return new URL(`${path}${extname(from)}`, from);
}
