/** Finds the lines of a template's tags, because the package's parser does not keep them. */
import type { Node, Token } from "./package.ts";

/** Facts about a parsed template's tags. */
export interface Tags {
  /** The line of each node that has its own tag. */
  readonly lines: WeakMap<object, number>;
  /** The expressions whose values are printed. */
  readonly printed: WeakSet<object>;
}

/** A tag in a source: its line, counted from 1, and the index after its end. */
export interface Tag {
  readonly line: number;
  readonly end: number;
}

/** The tags of a source, without comments and `generation` tags, which the package removes before parsing. */
export function tagsOf(source: string): Tag[] {
  const tags: Tag[] = [];
  const opening = /\{[{%#]/g;
  let line = 1;
  let counted = 0;
  for (let found = opening.exec(source); found !== null; found = opening.exec(source)) {
    const { index: start } = found;
    const end = found[0] === "{#" ? after(source, "#}", start + 2) : endOfTag(source, start);
    opening.lastIndex = end;
    if (found[0] === "{#" || /^\{%-?\s*(?:end)?generation\s*-?%\}$/.test(source.slice(start, end))) continue;
    line += source.slice(counted, start).split("\n").length - 1;
    counted = start;
    tags.push({ line, end });
  }
  return tags;
}

const after = (source: string, text: string, from: number): number => {
  const at = source.indexOf(text, from);
  return at < 0 ? source.length : at + text.length;
};

/** The index after the tag that starts here. Braces and strings in it are skipped. */
function endOfTag(source: string, start: number): number {
  const closing = source[start + 1] === "{" ? "}}" : "%}";
  let depth = 0;
  for (let at = start + 2; at < source.length; at++) {
    const character = source[at] as string;
    if (depth === 0 && source.startsWith(closing, at)) return at + 2;
    if (closing === "%}" && source.startsWith(closing, at)) return at + 2;
    if (character === "{") depth++;
    else if (character === "}") depth--;
    else if (character === "'" || character === '"') at = endOfText(source, at);
  }
  return source.length;
}

/** The index of the quote that closes a string. */
function endOfText(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start]) at += source[at] === "\\" ? 2 : 1;
  return at;
}

/** Starts a comment token that gives the line of the next tag. Comments print nothing. */
const sign = "\u0000";

export const opens = ({ type }: Token): boolean => type === "OpenStatement" || type === "OpenExpression";

/** Adds a comment with the line before every tag. Returns the tokens unchanged if not all tags were found. */
export function withLines(tokens: readonly Token[], tags: readonly Tag[]): readonly Token[] {
  if (tokens.filter(opens).length !== tags.length) return tokens;
  let next = 0;
  return tokens.flatMap((token) =>
    opens(token) ? [{ value: `${sign}${tags[next++]?.line}`, type: "Comment" }, token] : [token],
  );
}

const statements: ReadonlySet<string> = new Set(
  "If For Set Macro CallStatement FilterStatement Break Continue Comment StringLiteral".split(" "),
);

/** Reads the comments of `withLines` from a parsed template. */
export function readTags(program: Node): Tags {
  const lines = new WeakMap<object, number>();
  const printed = new WeakSet<object>();
  /** Returns the line of the tag that ends the block. */
  const read = (block: unknown): number | undefined => {
    let line: number | undefined;
    for (const node of (block ?? []) as readonly Node[]) {
      const comment = node.type === "Comment" ? String(node["value"]) : "";
      if (comment.startsWith(sign)) {
        line = Number(comment.slice(sign.length));
        continue;
      }
      if (line !== undefined && node.type !== "StringLiteral") lines.set(node, line);
      if (!statements.has(node.type)) printed.add(node);
      if (node.type !== "StringLiteral") line = undefined;
      const end = read(node["body"]);
      const [first] = (node["alternate"] ?? []) as readonly Node[];
      // The parser turns an elif into a single if in the alternate; its tag is the one that ended the body.
      if (first?.type === "If" && end !== undefined) lines.set(first, end);
      read(node["alternate"]);
      read(node["defaultBlock"]);
    }
    return line;
  };
  read(program["body"]);
  return { lines, printed };
}
