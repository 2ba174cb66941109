import { extname } from "node:path";

/** The script of a thread, by its path from a module without the extension, compiled or not as that module is. */
export function threadScript(path: string, from: string): URL {
  return new URL(`${path}${extname(from)}`, from);
}
