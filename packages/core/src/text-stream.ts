import type { Token } from "./model.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Turns tokens into text as they come. The pieces, joined, equal the decoding of the whole, and none ends inside a
 * character.
 */
export interface TextStream {
  /** The text that this token completes; empty while a character is unfinished. */
  push(token: Token): string;
  /** What was held back: called once, after the last token. */
  end(): string;
}

/** What decoders put where bytes form no character, and, at the end, where they do not form one yet. */
const broken = "\uFFFD";
/** Tokens that may wait for a character to be finished. */
const longestWait = 32;
/** A character has four bytes at most: what lies further back is settled. */
const unsettled = 4;

/**
 * A stream of a text of its own, or of one that goes on after the tokens `before`: then a space between the two is part
 * of it.
 */
export function textStream(tokenizer: Tokenizer, before: readonly Token[] = []): TextStream {
  // A window suffices. Its tokens decode to `shown` up to the last emitted character; those before `mark` are context,
  // because the text of a token may depend on what stands before it: some decoders drop a space at the very beginning,
  // and bytes form characters together.
  let tokens = before.filter((token) => !tokenizer.special.has(token)).slice(-longestWait);
  let mark = tokens.length;
  let shown = tokenizer.decode(tokens);
  const emit = (text: string): string => {
    const piece = text.slice(shown.length);
    const rest = tokens.slice(mark);
    const context = tokenizer.decode(rest);
    // Without text of their own the rest would not shield what follows from being taken for the beginning.
    [tokens, shown] = context === "" ? [tokens, text] : [rest, context];
    if (context !== "") mark = tokens.length;
    return piece;
  };
  /**
   * Lets go of bytes that will form no character, so that a model that says nothing else neither waits nor slows down.
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

/** Cuts a stream of text at the first of several stop strings, wherever pieces begin and end. */
export interface StopStrings {
  /** True once a stop string has appeared: nothing after it is text. */
  readonly found: string | undefined;
  /** The text that is certainly before any stop string. */
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

/** The length of the longest end of `text` that begins a stop string. */
function longestBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
