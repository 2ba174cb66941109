/** A byte tokenizer and models with a fixed answer, used in place of real ones so that the example needs no model. */
import type { Token, Tokenizer } from "@lenity/core";
import { type TableModel, tableModel } from "@lenity/core/testing";

const controls = ["<|user|>", "<|assistant|>", "<|system|>", "<|end|>"];
const control = (name: string): Token => 256 + controls.indexOf(name);

/** The token that ends an answer. */
export const end: Token = control("<|end|>");

/** One token per byte of UTF-8, then the control tokens. */
export const tokenizer: Tokenizer = {
  vocabulary: 256 + controls.length,
  special: new Set(controls.map(control)),
  encode: (text) =>
    text
      .split(/(<\|[a-z]+\|>)/)
      .flatMap((piece) => (controls.includes(piece) ? [control(piece)] : [...new TextEncoder().encode(piece)])),
  decode: (tokens, { special = false } = {}) =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      Uint8Array.from(
        tokens.flatMap((id) => (id < 256 ? [id] : special ? [...new TextEncoder().encode(controls[id - 256])] : [])),
      ),
    ),
};

export const chatTemplate: string = `{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|end|>' }}{% endfor %}<|assistant|>`;

/** A model that answers `<|assistant|>` with this text, almost with certainty, and ends. */
export function modelSaying(text: string): TableModel {
  const answer = [...tokenizer.encode(text), end];
  return tableModel({
    name: "table",
    vocabulary: tokenizer.vocabulary,
    eos: [end],
    logits: (context) => {
      const next = answer[context.length - 1 - context.lastIndexOf(control("<|assistant|>"))] ?? end;
      return Float32Array.from({ length: tokenizer.vocabulary }, (_, id) => (id === next ? 20 : 0));
    },
  });
}
