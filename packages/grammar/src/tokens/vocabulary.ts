import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import { atOnce, inSlices, type Steps } from "../steps.ts";
import { type Mark, marksOf } from "./marks.ts";
import { type TokenTrie, tokenTrie } from "./token-trie.ts";

/** The tokens of a tokenizer as a grammar reads them. */
export interface Vocabulary {
  readonly tokenizer: Tokenizer;
  readonly trie: TokenTrie;
  /** 32-bit words in a mask. */
  readonly words: number;
  /** Texts that a token of their own stands for, each with the byte that this token has here. */
  readonly marks: readonly Mark[];
  /** The bytes of a token; undefined for ids without a token. */
  bytes(token: Token): Uint8Array | undefined;
}

/** Longer tokens are like those without a text: nodes of the trie have their depths in 16 bits, and none comes close. */
const longest = 4096;

/**
 * The byte of all tokens that are no part of a well-formed text: added tokens that are no marks, since they mean
 * something and ordinary tokens can spell what they say; tokens without bytes; and bytes that UTF-8 never has. Only
 * free text may contain it.
 */
export const strange = 0xff;

/** The first byte that UTF-8 never has. */
const firstStrange = 0xf5;

const known = new WeakMap<Tokenizer, Map<string, Vocabulary>>();

/** The vocabularies of a tokenizer that have been collected, by their marks. */
function knownOf(tokenizer: Tokenizer): Map<string, Vocabulary> {
  let vocabularies = known.get(tokenizer);
  if (vocabularies === undefined) known.set(tokenizer, (vocabularies = new Map()));
  return vocabularies;
}

/**
 * The tokens of this tokenizer. `marks` are texts to be read as one byte each where an added token stands for them.
 * Collected once per tokenizer and marks, which takes a few hundred milliseconds for 150 000 tokens unless
 * `collectVocabulary` has done so. Throws `unsupported` if the tokenizer does not know the bytes of its tokens.
 */
export function vocabularyOf(tokenizer: Tokenizer, marks: readonly string[] = []): Vocabulary {
  const vocabularies = knownOf(tokenizer);
  const key = JSON.stringify(marks);
  let vocabulary = vocabularies.get(key);
  if (vocabulary === undefined) {
    vocabulary = atOnce(collect(tokenizer, marksOf(marks, tokenizer)));
    vocabularies.set(key, vocabulary);
  }
  return vocabulary;
}

const collecting = new WeakMap<Tokenizer, Map<string, Promise<void>>>();

/**
 * Collects the tokens of a tokenizer before a grammar needs them, in slices of a few milliseconds, so that other work
 * goes on. Rejects with `unsupported` as grammars do.
 */
export function collectVocabulary(tokenizer: Tokenizer, marks: readonly string[] = []): Promise<void> {
  const [vocabularies, key] = [knownOf(tokenizer), JSON.stringify(marks)];
  if (vocabularies.has(key)) return Promise.resolve();
  let works = collecting.get(tokenizer);
  if (works === undefined) collecting.set(tokenizer, (works = new Map()));
  let work = works.get(key);
  if (work === undefined) {
    work = inSlices(collect(tokenizer, marksOf(marks, tokenizer))).then((vocabulary) => {
      if (!vocabularies.has(key)) vocabularies.set(key, vocabulary);
    });
    works.set(key, work);
  }
  return work;
}

function* collect(tokenizer: Tokenizer, marks: readonly Mark[]): Steps<Vocabulary> {
  const { bytes: bytesOf, vocabulary, unused, special, added = special } = tokenizer;
  if (bytesOf === undefined) {
    throw new LenityError(
      "unsupported",
      "The tokenizer does not give the bytes of its tokens, so no grammar can be applied. Use a tokenizer that has `bytes`: byte-level BPE, or SentencePiece with or without byte fallback.",
    );
  }
  const marked = new Map(marks.map(({ token, byte }) => [token, Uint8Array.of(byte)]));
  const stranger = Uint8Array.of(strange);
  const bytes = (token: Token): Uint8Array | undefined => {
    if (unused?.has(token) === true || token >= vocabulary) return undefined;
    if (special.has(token) || added.has(token)) return marked.get(token) ?? stranger;
    const found = bytesOf(token);
    if (found === undefined || found.length === 0 || found.length > longest) return stranger;
    return found.some((byte) => byte >= firstStrange) ? stranger : found;
  };
  const all = function* (): Generator<readonly [Token, Uint8Array]> {
    for (let token = 0; token < vocabulary; token++) {
      const found = bytes(token);
      if (found !== undefined) yield [token, found];
    }
  };
  return { tokenizer, trie: yield* tokenTrie(all()), words: Math.ceil(vocabulary / 32), marks, bytes };
}
