import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, modelDrafter, seeded, type Token, type Tokenizer, textStream } from "@lenity/core";
import { stopStrings } from "@lenity/core/internal";
import { tableModel } from "@lenity/core/testing";

/** One token per byte; 256 is a control token. */
const bytes: Tokenizer = {
  vocabulary: 257,
  special: new Set([256]),
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (tokens) =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(tokens.filter((token) => token < 256))),
};

test("the pieces of a stream, joined, equal the whole, and none holds half a character", () => {
  const random = seeded(5);
  const alphabet = ["a", " ", "é", "ß", "中", "🙂", "👩‍👩‍👧", "\u0301", "\n", "𝄞"];
  for (let i = 0; i < 300; i++) {
    const text = Array.from(
      { length: Math.floor(random() * 20) },
      () => alphabet[Math.floor(random() * alphabet.length)],
    ).join("");
    const stream = textStream(bytes);
    const pieces = bytes.encode(text).map((token) => stream.push(token));
    for (const piece of pieces) assert.ok(!piece.includes("\uFFFD"));
    assert.equal(pieces.join("") + stream.end(), text);
  }
});

test("bytes that form no character come out as the whole decoding has them", () => {
  const random = seeded(6);
  for (let i = 0; i < 300; i++) {
    const tokens = Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 256));
    const stream = textStream(bytes);
    assert.equal(tokens.map((token) => stream.push(token)).join("") + stream.end(), bytes.decode(tokens));
  }
});

test("bytes that never form a character are let go of in time, at the same cost for each", () => {
  let decoded = 0;
  const counting: Tokenizer = {
    ...bytes,
    decode(tokens) {
      decoded += tokens.length;
      return bytes.decode(tokens);
    },
  };
  for (const unit of [[0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x8e], [0x80, 0xe2]]) {
    const tokens = Array.from({ length: 2000 }, (_, i) => unit[i % unit.length] as number);
    const stream = textStream(counting);
    decoded = 0;
    let text = "";
    for (const [at, token] of tokens.entries()) {
      text += stream.push(token);
      assert.ok(at < 100 || text.length > (at - 100) / unit.length, `nothing came out at ${at}`);
    }
    // Decoding all of them after each would be 2 000 000 tokens.
    assert.ok(decoded < 200_000, `${decoded} tokens decoded`);
    const sound = [...new TextEncoder().encode(" 🎉")];
    text += sound.map((token) => stream.push(token)).join("");
    assert.equal(text + stream.end(), bytes.decode([...tokens, ...sound]));
  }
});

/**
 * Drops the space at the beginning, as SentencePiece's decoders do; 0 has no text, 1 is a space, 2 a letter, 3 a space
 * and a letter, 4 a control token.
 */
const spaced: Tokenizer = {
  vocabulary: 5,
  special: new Set([4]),
  encode: () => [],
  decode: (tokens) =>
    tokens
      .map((token) => ["", " ", "a", " b", ""][token])
      .join("")
      .replace(/^ /, ""),
};

test("a text that goes on after another has the space between the two, and begins anew after control tokens alone", () => {
  const random = seeded(9);
  for (let i = 0; i < 500; i++) {
    const some = (most: number) => Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * 5));
    const [before, tokens] = [some(i % 2 === 0 ? 6 : 80), some(40)];
    const stream = textStream(spaced, before);
    const pieces = tokens.map((token) => stream.push(token)).join("") + stream.end();
    assert.equal(spaced.decode(before) + pieces, spaced.decode([...before, ...tokens]));
  }
  for (const before of [[], [4], [4, 4]]) assert.equal(textStream(spaced, before).push(3), "b");
  assert.equal(textStream(spaced, [2]).push(3), " b");
});

test("generate goes on in the text of the prompt where that is asked for", async () => {
  const target = tableModel({ vocabulary: 5, logits: () => [0, 0, 0, 9, 0] });
  const said = async (continues?: boolean) =>
    (await complete([2], { target, tokenizer: spaced, maxTokens: 2, continues })).text;
  assert.deepEqual([await said(), await said(false), await said(true)], ["b b", "b b", " b b"]);
});

test("bytes go on after bytes", () => {
  const random = seeded(10);
  const text = "né 中🙂 a👩‍👩‍👧b𝄞 ".repeat(8);
  const all = bytes.encode(text);
  const borders = Array.from(text, (_, at) => bytes.encode(Array.from(text).slice(0, at).join("")).length);
  for (let i = 0; i < 200; i++) {
    const at = borders[Math.floor(random() * borders.length)] as number;
    const stream = textStream(bytes, all.slice(0, at));
    const pieces = all.slice(at).map((token) => stream.push(token));
    for (const piece of pieces) assert.ok(!piece.includes("\uFFFD"));
    assert.equal(bytes.decode(all.slice(0, at)) + pieces.join("") + stream.end(), text);
  }
});

test("a first token without text does not shield a space from being the text's first", () => {
  const random = seeded(8);
  for (let i = 0; i < 500; i++) {
    const tokens = Array.from({ length: Math.floor(random() * 80) }, () => Math.floor(random() * 3 * random()));
    const stream = textStream(spaced);
    assert.equal(tokens.map((token) => stream.push(token)).join("") + stream.end(), spaced.decode(tokens));
  }
});

test("control tokens are no text", () => {
  const stream = textStream(bytes);
  assert.equal([104, 256, 105].map((token) => stream.push(token)).join("") + stream.end(), "hi");
});

test("the first stop string cuts the text wherever pieces end", () => {
  const cut = (pieces: readonly string[], stops: readonly string[]) => {
    const stream = stopStrings(stops);
    return [pieces.map((piece) => stream.push(piece)).join("") + stream.end(), stream.found];
  };
  assert.deepEqual(cut(["ab", "cS", "TO", "Pd"], ["STOP"]), ["abc", "STOP"]);
  assert.deepEqual(cut(["abcSTO"], ["STOP"]), ["abcSTO", undefined]);
  assert.deepEqual(cut(["xaab"], ["ab", "aab"]), ["x", "aab"]);
  assert.deepEqual(cut(["STO", "STOP"], ["STOP"]), ["STO", "STOP"]);
  assert.deepEqual(cut(["", "a"], []), ["a", undefined]);
});

/** A model that says this text, byte for byte, after a prompt of one token. */
const saying = (text: string) => {
  const ids: Token[] = [...bytes.encode(text), 256];
  return tableModel({
    vocabulary: 257,
    eos: [256],
    logits: (context) => Array.from({ length: 257 }, (_, i) => (i === (ids[context.length - 1] ?? 256) ? 9 : 0)),
  });
};

test("a stop string across a block's border is cut out of the answer", async () => {
  for (const draftTokens of [0, 1, 3, 4, 25]) {
    const model = saying("one two END three");
    const answer = await complete([1], {
      target: model,
      drafter: modelDrafter(model),
      draftTokens,
      tokenizer: bytes,
      stop: ["END"],
    });
    assert.equal(answer.text, "one two ");
    assert.equal(answer.reason, "stop");
    assert.equal(answer.counters.emitted, answer.tokens.length);
  }
});

test("an empty answer, and one of many bytes per character", async () => {
  assert.equal((await complete("x", { target: saying(""), tokenizer: bytes })).text, "");
  const model = saying("é🙂中");
  assert.equal(
    (await complete("x", { target: model, drafter: modelDrafter(model), draftTokens: 4, tokenizer: bytes })).text,
    "é🙂中",
  );
  assert.equal((await complete("x", { target: model, tokenizer: bytes, maxTokens: 4 })).text, "é\uFFFD");
});

test("an empty stop string is refused", async () => {
  await assert.rejects(complete("x", { target: saying("a"), tokenizer: bytes, stop: [""] }), {
    code: "invalid_request",
  });
});
