/** What a document shows in its code blocks, for tests that run it. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks = markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return Array.from(blocks, ([, language, code]) => ({ language: language as string, code: code as string }));
}

/** The commands of the shell blocks, one each: line breaks within quotes become spaces, comments are left out. */
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
