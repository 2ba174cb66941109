/** The documents of the repository that are not a package's README, and what stands in them. */
import { globSync } from "node:fs";
import { type CodeBlock, codeBlocks, commandsIn } from "./code-blocks.ts";
import { readText, root } from "./published-packages.ts";

export interface Document {
  /** Its path from the root. */
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
  /** The commands of its shell blocks. */
  readonly commands: readonly string[];
}

/** The README first. */
export function documents(): Document[] {
  const pages = globSync("docs/*.md", { cwd: root }).map((path) => path.replaceAll("\\", "/"));
  return ["README.md", "CONTRIBUTING.md", ...pages.sort()].map((file) => {
    const text = readText(file);
    const blocks = codeBlocks(text);
    return { file, text, blocks, commands: commandsIn(blocks) };
  });
}

/** Where a document's links go, except to the web: a path from the document's folder, and a heading there. */
export function linksIn(text: string): { readonly path: string; readonly heading: string | undefined }[] {
  const links = withoutCode(text).matchAll(/\]\(([^)\s#]*)(?:#([^)\s]+))?\)/g);
  return Array.from(links, ([, path = "", heading]) => ({ path, heading })).filter(
    ({ path }) => !/^https?:/.test(path),
  );
}

/** The names of a document's headings in links, as GitHub makes them. */
export function anchorsIn(text: string): string[] {
  return Array.from(withoutCode(text).matchAll(/^#+ (.*)$/gm), ([, title]) =>
    (title as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/**
 * The names of things in the code that a document mentions: all that stand between backticks, where `a.b` and `a(b)`
 * are two names; and in pictures (blocks of text) those that look like code, `a.b` and `someName`.
 */
export function namesIn(text: string): string[] {
  const spans = Array.from(withoutCode(text).matchAll(/`([^`\n]+)`/g), ([, span]) => span as string);
  const pictures = codeBlocks(text).filter(({ language }) => language === "text");
  const drawn = pictures.flatMap(({ code }) => code.match(/\b[a-z]+([A-Z]\w*|\.[a-z]\w*)/g) ?? []);
  return [...new Set([...spans, ...drawn].flatMap((span) => span.match(/[A-Za-z_$][\w$-]*/g) ?? []))];
}

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");
