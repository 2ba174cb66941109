import { TemplateFault, TemplateInterpreter } from "./interpreter.ts";
import { Environment, type Node, parse, type Token, tokenize } from "./package.ts";
import { opens, readTags, type Tag, tagsOf, withLines } from "./tags.ts";

/** A parsed template. */
export interface ParsedTemplate {
  /** Its own texts: those between tags, and those that stand in quotes. */
  readonly texts: readonly string[];
  /**
   * What it makes of these variables, under these globals. Throws what the template throws, and `TemplateFault` where
   * it cannot be rendered.
   */
  render(globals: Environment, variables: Readonly<Record<string, unknown>>): string;
}

/**
 * Parses a template as transformers does: blocks trimmed. Throws with the line, where it is known, when it is not
 * Jinja.
 */
export function parseTemplate(source: string): ParsedTemplate {
  // Jinja reads every line break as one character, before anything else.
  const text = source.replace(/\r\n?/g, "\n");
  const tags = tagsOf(text);
  const tokens = lexed(text, tags);
  const program = parsed(withLines(tokens, tags), tags);
  const known = readTags(program);
  return {
    texts: tokens.flatMap(({ type, value }) => (type === "Text" || type === "StringLiteral" ? [value] : [])),
    render(globals, variables) {
      // Template.render has globals of its own, which cannot be replaced.
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
    // The first tag up to which the source cannot be read.
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
      read >= tokens.length ? new Error("it ends before its last block does.", { cause: error }) : (error as Error);
    throw line === undefined ? cause : new TemplateFault(line, cause);
  }
}
