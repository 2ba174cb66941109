/** Models that say what they are told to, each in the form of a family. */
import type { LanguageModel, Token, Tokenizer } from "@lenity/core";
import { tableModel } from "@lenity/core/testing";
import type { ServedModel } from "../src/index.ts";
import { served } from "./models.ts";

const utf8 = new TextEncoder();

/** A token for each byte, for control tokens, and for marks that are not called special. */
export function markedBytes(controls: readonly string[], marks: readonly string[] = []): Tokenizer {
  const all = [...controls, ...marks];
  const spelled = new RegExp(`(${all.map((text) => text.replace(/[|/[\]]/g, "\\$&")).join("|")})`);
  const ids = (texts: readonly string[]) => new Set(texts.map((text) => 256 + all.indexOf(text)));
  const special = ids(controls);
  const bytes = (token: Token) =>
    token < 256 ? Uint8Array.of(token) : special.has(token) ? undefined : utf8.encode(all[token - 256]);
  return {
    vocabulary: 256 + all.length,
    special,
    added: ids(all),
    bytes,
    encode: (text) =>
      text
        .split(spelled)
        .flatMap((piece) => (all.includes(piece) ? [256 + all.indexOf(piece)] : [...utf8.encode(piece)])),
    decode(tokens, { special: shown = false } = {}) {
      const all = tokens.flatMap((token) => [...(bytes(token) ?? (shown ? utf8.encode(spelling(token)) : []))]);
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(all));
    },
  };
  function spelling(token: Token): string {
    return all[token - 256] ?? "";
  }
}

/** The part of a template that is the same for all families. `call` writes one call `c`. */
const templateOf = (call: string): string =>
  `{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% for c in m.tool_calls or [] %}${call}{% endfor %}{% endfor %}<|assistant|>`;

const json = (before: string, key: string, after: string) =>
  `{{ '${before}{"name": "' + c.function.name + '", "${key}": ' + (c.function.arguments | tojson) + '}${after}' }}`;

export interface Call {
  readonly name: string;
  readonly arguments: string;
}

export interface Family {
  readonly template: string;
  readonly controls: readonly string[];
  readonly marks: readonly string[];
  /** Calls as the family writes them. */
  readonly write: (calls: readonly Call[]) => string;
  /** Whether an answer can have several. */
  readonly several: boolean;
  /** What the template writes at the beginning of the answer. */
  readonly opened?: string;
}

const roles = ["<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|end|>"];
const object = (key: string) => (call: Call) => `{"name": "${call.name}", "${key}": ${call.arguments}}`;

export const families: Readonly<Record<"tags" | "object" | "list" | "names" | "lines", Family>> = {
  tags: {
    template: templateOf(json("<tool_call>\\n", "arguments", "\\n</tool_call>")),
    controls: roles,
    marks: ["<tool_call>", "</tool_call>"],
    write: (calls) => calls.map((call) => `<tool_call>\n${object("arguments")(call)}\n</tool_call>`).join("\n"),
    several: true,
  },
  object: {
    template: templateOf(json("", "parameters", "")),
    controls: [...roles, "<|python_tag|>"],
    marks: [],
    write: (calls) => calls.map(object("parameters")).join(),
    several: false,
  },
  list: {
    template: templateOf(json("[TOOL_CALLS] [", "arguments", "]")),
    controls: [...roles, "[TOOL_CALLS]"],
    marks: [],
    write: (calls) => `[TOOL_CALLS] [${calls.map(object("arguments")).join(", ")}]`,
    several: true,
  },
  names: {
    template: templateOf("{{ '[TOOL_CALLS]' + c.function.name + '[ARGS]' + (c.function.arguments | tojson) }}"),
    controls: [...roles, "[TOOL_CALLS]", "[ARGS]"],
    marks: [],
    write: (calls) => calls.map((call) => `[TOOL_CALLS]${call.name}[ARGS]${call.arguments}`).join(""),
    several: true,
  },
  lines: {
    template: `{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}<|assistant|>`,
    controls: roles,
    marks: [],
    write: (calls) => calls.map(object("arguments")).join("\n"),
    several: true,
  },
};

/** The family, but its models reason. The prompt opens the reasoning, closes it, or leaves it to the answer. */
export const reasoning = (family: Family, opened: "" | "<think>\n" | "<think>\n\n</think>\n\n" = ""): Family => ({
  ...family,
  template: `${family.template}{{ ${JSON.stringify(opened)} }}`,
  opened,
  marks: [...family.marks, "<think>", "</think>"],
});

/** What a model is to say after a prompt. */
export type Says = (prompt: string) => string;

/**
 * A model that says this after the last `<|assistant|>`, and would like to go on with `x` where it may not. If it is
 * noisy, it now and then prefers another token.
 */
export function sayingIn(tokenizer: Tokenizer, says: Says, opened = 0, noise?: number): LanguageModel {
  const [assistant] = tokenizer.encode("<|assistant|>") as [Token];
  const [end] = tokenizer.encode("<|end|>") as [Token];
  const answers = new Map<string, readonly Token[]>();
  return tableModel({
    vocabulary: tokenizer.vocabulary,
    eos: [end],
    logits(context) {
      const begin = context.lastIndexOf(assistant) + 1 + opened;
      const prompt = tokenizer.decode(context.slice(0, begin), { special: true });
      let answer = answers.get(prompt);
      if (answer === undefined) answers.set(prompt, (answer = [...tokenizer.encode(says(prompt)), end]));
      const at = context.length - begin;
      const next = answer[at] ?? end;
      const other = noise !== undefined && (at * 7 + noise) % 5 === 0 ? (at * 31 + noise) % tokenizer.vocabulary : -1;
      return Float32Array.from({ length: tokenizer.vocabulary }, (_, id) =>
        id === other ? 40 : id === next ? 30 : id === 120 ? 5 : 0,
      );
    },
  });
}

/** A served model of a family that says this, with a draft model that says almost the same. */
export function speaker(family: Family, says: string | Says, options: Partial<ServedModel> = {}): ServedModel {
  const tokenizer = markedBytes(family.controls, family.marks);
  const say = typeof says === "string" ? () => says : says;
  const opened = tokenizer.encode(family.opened ?? "").length;
  const [target, draft] = [sayingIn(tokenizer, say, opened), sayingIn(tokenizer, say, opened, 3)];
  return served(target, draft, { tokenizer, chatTemplate: family.template, ...options });
}
