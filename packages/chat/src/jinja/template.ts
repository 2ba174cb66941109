import { TemplateFault, TemplateInterpreter } from "./interpreter.ts";
import { Environment, type Node, parse, type Token, tokenize } from "./package.ts";
import { opens, readTags, type Tag, tagsOf, withLines } from "./tags.ts";

/** A parsed template. */
export interface ParsedTemplate {
  /** Its literal texts, between tags and in quotes. */
  readonly texts: readonly string[];
  /** Renders it with these globals and variables. Throws what the template throws, or `TemplateFault` if it fails. */
  render(globals: Environment, variables: Readonly<Record<string, unknown>>): string;
}

/** Parses a template as transformers does, with trimmed blocks. Throws if it is not valid Jinja, if possible with the line. */
export function parseTemplate(source: string): ParsedTemplate {
  // Jinja first normalizes line breaks.
  const text = source.replace(/\r\n?/g, "\n");
  const tags = tagsOf(text);
  const tokens = lexed(text, tags);
  const program = parsed(withLines(tokens, tags), tags);
  const known = readTags(program);
  return {
    texts: tokens.flatMap(({ type, value }) => (type === "Text" || type === "StringLiteral" ? [value] : [])),
    render(globals, variables) {
      // Template.render of the package has fixed globals.
      const environment = new Environment(globals);
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      return String(new TemplateInterpreter(environment, known).run(program).value);
    },
  };
}

function lexed(source: string, tags: readonly Tag[]): readonly Token[] {
  try {
    return tokenize(source);
  } catch (error) {
    const fails = ({ end }: Tag) => {
      try {
        tokenize(source.slice(0, end));
        return false;
      } catch {
        return true;
      }
    };
    // Find the first tag up to which the source fails.
    let [low, high] = [0, tags.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fails(tags[middle] as Tag)) high = middle;
      else low = middle + 1;
    }
    const tag = tags[low] ?? tags.at(-1);
    throw tag === undefined ? error : new TemplateFault(tag.line, error as Error);
  }
}

function parsed(tokens: readonly Token[], tags: readonly Tag[]): Node {
  let read = 0;
  const watched = new Proxy(tokens, {
    get(all, key, receiver) {
      if (typeof key === "string" && /^\d+$/.test(key)) read = Math.max(read, Number(key));
      return Reflect.get(all, key, receiver);
    },
  });
  try {
    return parse(watched);
  } catch (error) {
    const line = tags[tokens.slice(0, read + 1).filter(opens).length - 1]?.line;
    const cause =
      read >= tokens.length
        ? new Error("it ends before its last block is closed.", { cause: error })
        : (error as Error);
    throw line === undefined ? cause : new TemplateFault(line, cause);
  }
}
