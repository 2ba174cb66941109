import type { Token } from "./model.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Turns tokens into text as they arrive. The joined pieces equal the decoded whole, and no piece ends inside a
 * character.
 */
export interface TextStream {
  /** The text that this token completes; empty while a character is incomplete. */
  push(token: Token): string;
  /** The remaining text. Call it once, after the last token. */
  end(): string;
}

/** What decoders write for bytes that form no character, or do not form one yet. */
const broken = "\uFFFD";
/** The most tokens that may wait for a character to be completed. */
const longestWait = 32;
/** A character has at most four bytes, so anything further back is settled. */
const unsettled = 4;

/** A stream of a separate text, or of one that continues after the tokens `before`: then a leading space is kept. */
export function textStream(tokenizer: Tokenizer, before: readonly Token[] = []): TextStream {
  // A window is enough. Its tokens decode to `shown` up to the last emitted character. Those before `mark` are context,
  // because the text of a token may depend on the tokens before it: some decoders drop a leading space, and several
  // tokens may form one character.
  let tokens = before.filter((token) => !tokenizer.special.has(token)).slice(-longestWait);
  let mark = tokens.length;
  let shown = tokenizer.decode(tokens);
  const emit = (text: string): string => {
    const piece = text.slice(shown.length);
    const rest = tokens.slice(mark);
    const context = tokenizer.decode(rest);
    // If these tokens have no text, the decoder would treat what follows as the beginning.
    [tokens, shown] = context === "" ? [tokens, text] : [rest, context];
    if (context !== "") mark = tokens.length;
    return piece;
  };
  /**
   * Releases bytes that will never form a character, so that a model emitting only such bytes neither stalls nor slows
   * down.
   */
  const release = (text: string): string => {
    const at = tokens.length - unsettled;
    const settled = tokenizer.decode(tokens.slice(0, at));
    const rest = tokenizer.decode(tokens.slice(at));
    if (rest === "" || settled + rest !== text || settled.length < shown.length) return "";
    const piece = settled.slice(shown.length);
    [tokens, mark, shown] = [tokens.slice(at), 0, ""];
    return piece;
  };
  return {
    push(token) {
      if (tokenizer.special.has(token)) return "";
      tokens.push(token);
      const text = tokenizer.decode(tokens);
      if (text.length > shown.length && !text.endsWith(broken)) return emit(text);
      return tokens.length > longestWait ? release(text) : "";
    },
    end() {
      return emit(tokenizer.decode(tokens));
    },
  };
}

/** Cuts a stream of text at the first stop string, even if it spans several pieces. */
export interface StopStrings {
  /** The stop string that ended the text, once one has appeared. */
  readonly found: string | undefined;
  /** The text that cannot be part of a stop string. */
  push(piece: string): string;
  end(): string;
}

export function stopStrings(stops: readonly string[]): StopStrings {
  let held = "";
  let found: string | undefined;
  return {
    get found() {
      return found;
    },
    push(piece) {
      if (found !== undefined) return "";
      held += piece;
      let cut = -1;
      for (const stop of stops) {
        const at = held.indexOf(stop);
        if (at >= 0 && (cut < 0 || at < cut)) [cut, found] = [at, stop];
      }
      if (found === undefined) cut = held.length - longestBeginning(held, stops);
      const text = held.slice(0, cut);
      held = held.slice(cut);
      return text;
    },
    end() {
      const text = found === undefined ? held : "";
      held = "";
      return text;
    },
  };
}

/** The length of the longest suffix of `text` that is the beginning of a stop string. */
function longestBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
