import type { Token } from "./model.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Turns tokens into text as they come. The pieces, joined, equal the decoding of the whole, and none ends inside a character. */
export interface TextStream {
  /** The text that this token completes; empty while a character is unfinished. */
  push(token: Token): string;
  /** What was held back: called once, after the last token. */
  end(): string;
}

export function textStream(tokenizer: Tokenizer): TextStream {
  // A window suffices: `tokens` decode to `shown` up to the last emitted character, and keep one piece of context before it.
  let tokens: Token[] = [];
  let shownTokens = 0;
  let shown = "";
  const emit = (text: string) => {
    const piece = text.slice(shown.length);
    tokens = tokens.slice(shownTokens);
    shownTokens = tokens.length;
    shown = tokenizer.decode(tokens);
    return piece;
  };
  return {
    push(token) {
      if (tokenizer.special.has(token)) return "";
      tokens.push(token);
      const text = tokenizer.decode(tokens);
      return text.length > shown.length && !text.endsWith("\uFFFD") ? emit(text) : "";
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
