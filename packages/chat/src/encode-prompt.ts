/** Encodes the text of a prompt, synchronously or without blocking the thread. */
import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ChatModel } from "./chat-model.ts";
import type { ControlTokens } from "./control-tokens.ts";
import type { PromptText } from "./prompt-text.ts";
import { spelled } from "./spelling.ts";

/** Yields texts to encode, once or twice, and returns the tokens of the prompt. */
export type Encoding = Generator<readonly string[], Token[], readonly Token[][]>;

/**
 * Encodes prompts. If a prompt's control tokens are exactly those that its text spells, the template wrote all of them,
 * because spellings in messages have been split. Otherwise each text of the messages is checked separately, because
 * some tokenizers find a control token in other spellings (after normalisation) or in a single character. Throws
 * `invalid_request` for a text that contains a control token.
 */
export function promptEncoding(
  tokenizer: Tokenizer,
  { all }: Pick<ControlTokens, "all">,
): (text: PromptText) => Encoding {
  const ids = new Map(
    Array.from(all, (id) => [tokenizer.decode([id], { special: true }), id] as const).filter(([text]) => text !== ""),
  );
  const spellings = spelled([...ids.keys()]);
  return function* ({ pieces, given, mark }) {
    const found = yield pieces;
    const tokens = found.length === 1 ? (found[0] as Token[]) : found.flat();
    const controls = tokens.filter((token) => all.has(token));
    const expected = ids.size === 0 ? [] : pieces.flatMap((piece) => piece.match(spellings) ?? []);
    if (controls.length === expected.length && controls.every((token, at) => token === ids.get(expected[at] as string)))
      return tokens;
    const alone = given.flatMap(({ text, ...rest }) => text.split(mark).map((piece) => ({ piece, ...rest })));
    const each = yield alone.map(({ piece }) => piece);
    const forged = alone.find(({ forbidden }, at) => each[at]?.some((token) => forbidden.has(token)));
    if (forged !== undefined) throw controlToken(forged.path);
    return tokens;
  };
}

const controlToken = (path: string): LenityError =>
  new LenityError(
    "invalid_request",
    "The text contains a control token of the model that cannot be encoded as plain text. Remove it.",
    { path },
  );

/** Encodes synchronously, on this thread. */
export function encodeSync(encoding: Encoding, tokenizer: Tokenizer): Token[] {
  let step = encoding.next();
  while (step.done !== true) step = encoding.next(step.value.map((text) => tokenizer.encode(text)));
  return step.value;
}

/**
 * Characters. Encoding this many takes a few milliseconds. More are encoded on another thread, or with pauses between
 * pieces if the tokenizer does not have one.
 */
const long = 8192;

/**
 * Encodes without blocking this thread for long. Rejects with `context_full` if the prompt does not fit the target's
 * context, before encoding it if its length in bytes proves that.
 */
export async function encodeAsync(
  text: PromptText,
  encoding: (text: PromptText) => Encoding,
  { tokenizer, target }: Pick<ChatModel, "tokenizer" | "target">,
): Promise<Token[]> {
  if (target !== undefined) checkBytes(text.pieces, tokenizer, target);
  const steps = encoding(text);
  let step = steps.next();
  // The first texts are the whole prompt, which must fit. Later ones are parts of it.
  for (let limit = target; step.done !== true; limit = undefined) {
    step = steps.next(await encodeWithin(step.value, tokenizer, limit));
  }
  return step.value;
}

/**
 * The tokens of each of several prompts that no template writes, with the control tokens that they spell. Does not
 * block this thread for long. Rejects with `context_full` for a prompt that does not fit the target's context.
 */
export async function encodeTexts(
  texts: readonly string[],
  { tokenizer, target }: { readonly tokenizer: Tokenizer; readonly target: Target },
): Promise<Token[][]> {
  const all: Token[][] = [];
  for (const text of texts) {
    checkBytes([text], tokenizer, target);
    all.push(...(await encodeWithin([text], tokenizer, target)));
  }
  return all;
}

/** The tokens of each text. Throws `context_full` unless all of them together fit the target's context. */
async function encodeWithin(
  texts: readonly string[],
  tokenizer: Tokenizer,
  target: Target | undefined,
): Promise<readonly Token[][]> {
  const tokens = await encodeAll(texts, tokenizer, target?.contextLength);
  if (target === undefined) return tokens ?? [];
  if (tokens === undefined) throw tooLong(`more than ${target.contextLength} tokens`, target);
  const length = tokens.reduce((sum, { length }) => sum + length, 0);
  if (length > target.contextLength) throw tooLong(`${length} tokens`, target);
  return tokens;
}

type Target = NonNullable<ChatModel["target"]>;

/** If the tokenizer knows its longest token, the bytes give a lower bound of the number of tokens. */
function checkBytes(texts: readonly string[], { longestToken }: Tokenizer, target: Target): void {
  if (longestToken === undefined) return;
  let least = 0;
  for (const text of texts) {
    // A shorter text counts as one token, so its bytes need not be counted.
    const size = text.length > longestToken ? utf8.encode(text).length : text.length;
    least += Math.ceil(size / longestToken);
  }
  if (least > target.contextLength)
    throw tooLong(`at least ${least} tokens, as none has more than ${longestToken} bytes`, target);
}

const tooLong = (what: string, { name, contextLength }: Target): LenityError =>
  new LenityError("context_full", `The prompt has ${what}; ${name} holds ${contextLength}. Shorten the prompt.`, {
    path: "prompt",
  });

const utf8 = new TextEncoder();

/** The tokens of each text; undefined if the other thread found more than `most` in total. */
async function encodeAll(
  texts: readonly string[],
  tokenizer: Tokenizer,
  most?: number,
): Promise<readonly Token[][] | undefined> {
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
