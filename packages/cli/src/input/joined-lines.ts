/** Joins lines to texts: a line that ends with a backslash goes on in the next one. */
export interface JoinedLines {
  /** Takes a line, and returns the text that it completes. `more`: others follow in any case. */
  add(line: string, more?: boolean): string | undefined;
  /** The text that no line has completed; undefined if there is none. */
  end(): string | undefined;
  /** Whether a text has begun. */
  readonly begun: boolean;
}

export function joinedLines(): JoinedLines {
  let lines: string[] = [];
  const end = () => {
    const text = lines.length === 0 ? undefined : lines.join("\n");
    lines = [];
    return text;
  };
  return {
    add(line, more = false) {
      const continued = !more && line.endsWith("\\");
      lines.push(continued ? line.slice(0, -1) : line);
      return more || continued ? undefined : end();
    },
    end,
    get begun() {
      return lines.length > 0;
    },
  };
}
