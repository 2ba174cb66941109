/**
 * The cost of a grammar: collecting a vocabulary, compiling, and writing the mask of each state of an answer, the first
 * time and again. The answers are random legal texts, drawn so that strings end after a few words.
 */
import { type Grammar, type Random, seeded, type Token, type Tokenizer } from "@lenity/core";
import { choiceGrammar, jsonGrammar, jsonSchemaGrammar, regexGrammar } from "@lenity/grammar";
import { median } from "./order.ts";
import { syntheticTokenizer } from "./synthetic-vocabulary.ts";
import { markdownTable } from "./table.ts";

export interface GrammarOptions {
  /** Sizes of the synthetic vocabulary. Default 32 000 and 151 936. */
  readonly vocabularies?: readonly number[] | undefined;
  /** The most tokens of an answer. Default 200. */
  readonly tokens?: number | undefined;
  /** Answers of each grammar. Default 5. */
  readonly answers?: number | undefined;
  readonly seed?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** Times in milliseconds. */
export interface GrammarRow {
  readonly grammar: string;
  readonly vocabulary: number;
  readonly compile: number;
  /** Masks along the answers, with a grammar that has written none before: the median and the longest. */
  readonly first: number;
  readonly firstLongest: number;
  /** The same masks again. */
  readonly warm: number;
  readonly warmLongest: number;
  /** The median of advancing by a token. */
  readonly advance: number;
}

export interface GrammarReport {
  readonly tokens: number;
  readonly answers: number;
  readonly seed: number;
  /** Milliseconds to collect each vocabulary, once per tokenizer. */
  readonly collected: readonly { readonly vocabulary: number; readonly milliseconds: number }[];
  readonly rows: readonly GrammarRow[];
}

const person = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 60 },
    age: { type: "integer", minimum: 0, maximum: 150 },
    born: { type: "string", format: "date" },
    email: { type: ["string", "null"], pattern: "^[a-z.]+@[a-z]+\\.(com|org)$" },
    role: { enum: ["admin", "author", "reader"] },
    tags: { type: "array", items: { type: "string" }, minItems: 1, maxItems: 5 },
    friends: { type: "array", items: { $ref: "#" } },
  },
  required: ["name", "age", "born", "email", "role", "tags", "friends"],
  additionalProperties: false,
};

const grammars: Readonly<Record<string, (tokenizer: Tokenizer) => Grammar>> = {
  "any JSON object": (tokenizer) => jsonGrammar(tokenizer),
  "any JSON object, white space": (tokenizer) => jsonGrammar(tokenizer, { whiteSpace: 20 }),
  "a JSON schema": (tokenizer) => jsonSchemaGrammar(person, tokenizer),
  "a regular expression": (tokenizer) => regexGrammar("(?:[A-Z][a-z]+ ){3,40}\\d{4}", tokenizer),
  "a choice": (tokenizer) => choiceGrammar(["positive", "negative", "neutral", "in between"], tokenizer),
};

/** Measures every grammar with every vocabulary. */
export async function grammar(options: GrammarOptions = {}): Promise<GrammarReport> {
  const { vocabularies = [32_000, 151_936], tokens = 200, answers = 5, seed = 1 } = options;
  const collected: GrammarReport["collected"][number][] = [];
  const rows: GrammarRow[] = [];
  for (const vocabulary of vocabularies) {
    const tokenizer = syntheticTokenizer(vocabulary, seeded(seed));
    collected.push({ vocabulary, milliseconds: timed(() => choiceGrammar(["a"], tokenizer))[0] });
    for (const [name, compile] of Object.entries(grammars)) {
      rows.push({
        grammar: name,
        vocabulary,
        ...measure(() => compile(tokenizer), tokenizer, tokens, answers, seeded(seed)),
      });
      options.progress?.(rows.length, vocabularies.length * Object.keys(grammars).length);
    }
  }
  return { tokens, answers, seed, collected, rows };
}

function measure(
  compile: () => Grammar,
  { vocabulary }: Tokenizer,
  tokens: number,
  answers: number,
  random: Random,
): Omit<GrammarRow, "grammar" | "vocabulary"> {
  const [compiling, grammar] = timed(compile);
  const mask = new Uint32Array(Math.ceil(vocabulary / 32));
  const states: unknown[] = [];
  const [first, advances]: [number[], number[]] = [[], []];
  for (let answer = 0; answer < answers; answer++) {
    let state = grammar.start;
    for (let length = 0; length < tokens; length++) {
      states.push(state);
      first.push(timed(() => grammar.mask(state, mask))[0]);
      const token = drawn(mask, vocabulary, random);
      if (token === undefined) break;
      const [time, next] = timed(() => grammar.advance(state, token));
      advances.push(time);
      state = next;
    }
  }
  const warm = states.map((state) => timed(() => grammar.mask(state, mask))[0]);
  return {
    compile: compiling,
    first: median(first),
    firstLongest: Math.max(...first),
    warm: median(warm),
    warmLongest: Math.max(...warm),
    advance: median(advances),
  };
}

/** One of the legal tokens; usually, if there are marks among them, one of the first 256, which are bytes. */
function drawn(mask: Uint32Array, vocabulary: number, random: Random): Token | undefined {
  const legal = (token: Token) => (((mask[token >>> 5] as number) >>> (token & 31)) & 1) === 1;
  const all = Array.from({ length: vocabulary }, (_, token) => token).filter(legal);
  const quote = 0x22 + 1;
  if (legal(quote) && random() < 0.15) return quote;
  return all[Math.floor(random() * all.length)];
}

function timed<Result>(run: () => Result): [milliseconds: number, result: Result] {
  const began = performance.now();
  const result = run();
  return [performance.now() - began, result];
}

/** The report as Markdown: a table, and what collecting the vocabularies cost. */
export function grammarTable({ rows, collected }: GrammarReport): string {
  const head = ["grammar", "vocabulary", "compile", "mask, warm", "longest", "mask, first time", "longest", "advance"];
  const milliseconds = (value: number) => `${value.toFixed(value < 1 ? 3 : 1)} ms`;
  const body = rows.map(({ grammar, vocabulary, ...row }) => [
    grammar,
    `${vocabulary}`,
    ...[row.compile, row.warm, row.warmLongest, row.first, row.firstLongest, row.advance].map(milliseconds),
  ]);
  const once = collected.map(({ vocabulary, milliseconds: time }) => `${vocabulary} tokens in ${milliseconds(time)}`);
  return `${markdownTable(head, body)}\n\nCollected once per tokenizer: ${once.join(", ")}.`;
}
