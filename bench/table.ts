/** A Markdown table with padded columns: the first `left` columns aligned left, the others right. */
export function markdownTable(head: readonly string[], body: readonly (readonly string[])[], left = 1): string {
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((cells) => (cells[i] as string).length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i < left ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i < left ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...body.map(line)].join("\n");
}
