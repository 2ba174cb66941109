/** A tokenizer of bytes, a chat template for it, and a model that always gives the same answer. */
import type { Token, Tokenizer } from "@lenity/core";
import { type TableModel, tableModel } from "@lenity/core/testing";
import type { ChatTemplate } from "../src/index.ts";

const controls = ["<|bos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|a-b.[c/|>"];

/** One token per byte of UTF-8, and six control tokens that `encode` reads wherever they are spelled. */
export const bytes: Tokenizer = {
  vocabulary: 256 + controls.length,
  special: new Set(controls.map((_, index) => 256 + index)),
  bytes: (token) => (token < 256 ? Uint8Array.of(token) : undefined),
  encode(text) {
    return text.split(/(<\|[^|]+\|>)/).flatMap((piece) => {
      const control = controls.indexOf(piece);
      return control < 0 ? [...new TextEncoder().encode(piece)] : [256 + control];
    });
  },
  decode(tokens, { special = false } = {}) {
    const encoded = tokens.flatMap((id) =>
      id < 256 ? [id] : special ? [...new TextEncoder().encode(controls[id - 256])] : [],
    );
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(encoded));
  },
};

export const control = (name: string): Token => 256 + controls.indexOf(`<|${name}|>`);

const template = `{{ bos_token }}{% for message in messages %}
{%- if message.role == 'system' and not loop.first %}{{ raise_exception('The system message comes first.') }}{% endif %}
{{- '<|' + message.role + '|>' + message.content + '<|end|>' }}{% endfor %}
{%- if add_generation_prompt %}<|assistant|>{% endif %}`;

export const chatTemplate: ChatTemplate = { template, tokens: { bos_token: "<|bos|>", eos_token: "<|end|>" } };

/** Says this text, whatever it is asked, and ends. */
export function sayingModel(text: string, options: { readonly contextLength?: number } = {}): TableModel {
  const answer = [...bytes.encode(text), control("end")];
  return tableModel({
    ...options,
    vocabulary: bytes.vocabulary,
    eos: [control("end")],
    logits: (context) => {
      const next = answer[context.length - context.lastIndexOf(control("assistant")) - 1] ?? control("end");
      return Float32Array.from({ length: bytes.vocabulary }, (_, id) => (id === next ? 30 : 0));
    },
  });
}

/** The same tokenizer, with what was asked of it. */
export function countingBytes(more: Partial<Tokenizer> = {}): {
  readonly tokenizer: Tokenizer;
  readonly asked: { here: string[]; aside: string[] };
} {
  const asked = { here: [] as string[], aside: [] as string[] };
  const tokenizer: Tokenizer = {
    ...bytes,
    longestToken: Math.max(...Array.from(bytes.special, (id) => bytes.decode([id], { special: true }).length)),
    encode(text) {
      asked.here.push(text);
      return bytes.encode(text);
    },
    async encodeAsync(texts) {
      asked.aside.push(...texts);
      return texts.map((text) => bytes.encode(text));
    },
    ...more,
  };
  return { tokenizer, asked };
}
