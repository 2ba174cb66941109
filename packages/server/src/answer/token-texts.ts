/** Tokens with their texts and bytes, in step with the text of an answer that is released piece by piece. */
import { type EmittedToken, type Token, type Tokenizer, textStream } from "@lenity/core";

/** A token of an answer. The texts joined are the answer's text, and the bytes joined are that text in UTF-8. */
export interface TokenText {
  readonly token: EmittedToken;
  /** The text that it completes: empty inside a character, and cut where the answer ends. */
  readonly text: string;
  readonly bytes: readonly number[];
}

export interface TokenTexts {
  /** Takes a round's tokens and released text. Returns the tokens whose text has been released in full. */
  push(tokens: readonly EmittedToken[], text: string): TokenText[];
  /** The rest: tokens that are cut by the answer's end. Those beyond it and control tokens are left out. */
  end(): TokenText[];
}

const utf8 = new TextEncoder();

/** For an answer, or for one that continues after the tokens `before`. */
export function tokenTexts(tokenizer: Tokenizer, before?: readonly Token[]): TokenTexts {
  const stream = textStream(tokenizer, before);
  let held: { readonly token: EmittedToken; readonly text: string }[] = [];
  let free = "";
  const entry = ({ token, text: whole }: (typeof held)[number], text: string): TokenText => {
    return { token, text, bytes: bytesOf(tokenizer, token.token, whole, text) };
  };
  return {
    push(tokens, text) {
      for (const token of tokens) {
        if (!tokenizer.special.has(token.token)) held.push({ token, text: stream.push(token.token) });
      }
      free += text;
      let [released, length] = [0, 0];
      for (const [at, { text }] of held.entries()) {
        if (length + text.length > free.length) break;
        // Tokens inside a character wait for the one that completes it.
        if (text !== "") [released, length] = [at + 1, length + text.length];
      }
      const entries = held.slice(0, released).map((one) => entry(one, one.text));
      held = held.slice(released);
      free = free.slice(length);
      return entries;
    },
    end() {
      const entries: TokenText[] = [];
      for (const [at, one] of held.entries()) {
        if (free === "") break;
        // The last one also gets what stands for an incomplete character.
        const text = at === held.length - 1 ? free : free.slice(0, one.text.length);
        entries.push(entry(one, text));
        free = free.slice(text.length);
      }
      held = [];
      return entries;
    },
  };
}

/** The bytes of a token with the text `whole`, of which `text` is in the answer. */
function bytesOf(tokenizer: Tokenizer, token: Token, whole: string, text: string): readonly number[] {
  const own = tokenizer.bytes?.(token);
  if (own === undefined) return [...utf8.encode(text)];
  const cut = text.length < whole.length ? utf8.encode(whole.slice(text.length)).length : 0;
  // Some decoders drop a leading space.
  const dropped = own[0] === 32 && !whole.startsWith(" ") && utf8.encode(whole).length === own.length - 1 ? 1 : 0;
  return [...own.subarray(dropped, own.length - cut)];
}

/** A token by itself: its text, or `bytes:\x…` if its bytes are no text. Control tokens are spelled out. */
export function aloneOf(tokenizer: Tokenizer, token: Token): { readonly token: string; readonly bytes: number[] } {
  const own = tokenizer.bytes?.(token);
  if (own === undefined) {
    const spelled = tokenizer.decode([token], { special: true });
    return { token: spelled, bytes: [...utf8.encode(spelled)] };
  }
  const bytes = [...own];
  try {
    return { token: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(own), bytes };
  } catch {
    return { token: `bytes:${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`, bytes };
  }
}
