/** A code block of a document, for tests that run it. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks = markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return Array.from(blocks, ([, language, code]) => ({ language: language as string, code: code as string }));
}

/** The separate commands in the shell blocks. Line breaks in quotes become spaces; comments are removed. */
export function commandsIn(blocks: readonly CodeBlock[]): string[] {
  return blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ code }) =>
      code
        .replace(/'([^']*)'/g, (quoted) => quoted.replaceAll("\n", " "))
        .trim()
        .split("\n")
        .map((line) => line.replace(/ +#.*$/, "")),
    );
}
