/** A tokenizer of single letters, for models that are small enough to compute by hand. */
import { LenityError, type Token, type Tokenizer } from "@lenity/core";

/** The letters, then the token that ends an answer, which has no text. */
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789 #";

export const eos: Token = alphabet.length;

export const letters: Tokenizer = {
  vocabulary: alphabet.length + 1,
  special: new Set([eos]),
  encode: (text) =>
    [...text].map((letter) => {
      const token = alphabet.indexOf(letter);
      if (token < 0) throw new LenityError("invalid_request", `No token for ${letter}.`);
      return token;
    }),
  decode: (tokens) => tokens.map((token) => alphabet[token] ?? "").join(""),
};
