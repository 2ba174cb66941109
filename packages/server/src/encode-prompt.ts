/** From the text of a prompt to its tokens: at once, or without holding the thread that serves. */
import { type LanguageModel, LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ControlTokens } from "./control-tokens.ts";
import type { ServedModel } from "./served-model.ts";
import { spelled } from "./spelling.ts";

/** The text of a prompt. */
export interface PromptText {
  /** Encoded apart: the text is cut within each control token that a message spells. */
  readonly pieces: readonly string[];
  /** What came with the request. */
  readonly given: readonly GivenText[];
  readonly mark: string;
}

/** A text of a request, with the prompt's `mark` at each cut. */
export interface GivenText {
  /** Where it stands in the request. */
  readonly path: string;
  readonly text: string;
  /** The control tokens that it must not hold. */
  readonly forbidden: ReadonlySet<Token>;
}

/** Asks for the tokens of texts, once or twice, and ends with those of the prompt. */
export type Encoding = Generator<readonly string[], Token[], readonly Token[][]>;

/**
 * Encodes prompts. A prompt whose control tokens are those that its text spells has none but the template's: messages cannot spell any. Else, as some
 * tokenizers read a control token in other spellings (after normalisation) or in a single character, each text of the request is looked at by itself.
 * Throws `invalid_request` for one that holds a control token.
 */
export function promptEncoding(tokenizer: Tokenizer, { all }: Pick<ControlTokens, "all">): (text: PromptText) => Encoding {
  const ids = new Map(Array.from(all, (id) => [tokenizer.decode([id], { special: true }), id] as const).filter(([text]) => text !== ""));
  const spellings = spelled([...ids.keys()]);
  return function* ({ pieces, given, mark }) {
    const found = yield pieces;
    const tokens = found.length === 1 ? (found[0] as Token[]) : found.flat();
    const controls = tokens.filter((token) => all.has(token));
    const expected = ids.size === 0 ? [] : pieces.flatMap((piece) => piece.match(spellings) ?? []);
    if (controls.length === expected.length && controls.every((token, at) => token === ids.get(expected[at] as string))) return tokens;
    const alone = given.flatMap(({ text, ...rest }) => text.split(mark).map((piece) => ({ piece, ...rest })));
    const each = yield alone.map(({ piece }) => piece);
    const forged = alone.find(({ forbidden }, at) => each[at]?.some((token) => forbidden.has(token)));
    if (forged !== undefined) throw controlToken(forged.path);
    return tokens;
  };
}

const controlToken = (path: string): LenityError =>
  new LenityError("invalid_request", "The text holds a control token of the model that cannot be read as text. Leave it out.", { path });

/** Encodes on this thread. */
export function encodeNow(encoding: Encoding, tokenizer: Tokenizer): Token[] {
  let step = encoding.next();
  while (step.done !== true) step = encoding.next(step.value.map((text) => tokenizer.encode(text)));
  return step.value;
}

/** Characters. So many take a few milliseconds; more are encoded elsewhere where that can be had, else with pauses between pieces. */
const long = 8192;

/**
 * Encodes, long texts without holding this thread. Rejects with `context_full` for what the target's context cannot hold, before it is encoded where that
 * shows.
 */
export async function encodeAside(
  text: PromptText,
  encoding: (text: PromptText) => Encoding,
  { tokenizer, target }: Pick<ServedModel, "tokenizer" | "target">,
): Promise<Token[]> {
  const { contextLength } = target;
  checkBytes(text.pieces, tokenizer, target);
  const steps = encoding(text);
  let step = steps.next();
  // The first to be encoded is the prompt.
  for (let most: number | undefined = contextLength; step.done !== true; most = undefined) {
    const tokens = await encodeAll(step.value, tokenizer, most);
    if (tokens === undefined) throw tooLong(`more than ${contextLength} tokens`, target);
    const length = tokens.reduce((sum, { length }) => sum + length, 0);
    if (most !== undefined && length > most) throw tooLong(`${length} tokens`, target);
    step = steps.next(tokens);
  }
  return step.value;
}

/** The least number of tokens that texts have is known by their bytes, where the tokenizer knows its longest token. */
function checkBytes(texts: readonly string[], { longestToken }: Tokenizer, target: LanguageModel): void {
  if (longestToken === undefined) return;
  let least = 0;
  for (const text of texts) {
    // A text of no more letters is taken for one token.
    const size = text.length > longestToken ? utf8.encode(text).length : text.length;
    least += Math.ceil(size / longestToken);
  }
  if (least > target.contextLength) throw tooLong(`at least ${least} tokens, as none has more than ${longestToken} bytes`, target);
}

const tooLong = (what: string, { name, contextLength }: LanguageModel): LenityError =>
  new LenityError("context_full", `The prompt has ${what}; ${name} holds ${contextLength}. Shorten the prompt.`, { path: "prompt" });

const utf8 = new TextEncoder();

/** The tokens of each text; undefined where it turned out elsewhere that they are more than `most` in all. */
async function encodeAll(texts: readonly string[], tokenizer: Tokenizer, most?: number): Promise<readonly Token[][] | undefined> {
  const size = texts.reduce((sum, { length }) => sum + length, 0);
  if (size > long && tokenizer.encodeAsync !== undefined) return tokenizer.encodeAsync(texts, most);
  const tokens: Token[][] = [];
  let encoded = 0;
  for (const text of texts) {
    if ((encoded += text.length) > long) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      encoded = text.length;
    }
    tokens.push(tokenizer.encode(text));
  }
  return tokens;
}
