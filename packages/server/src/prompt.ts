import { Template } from "@huggingface/jinja";
import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ChatMessage } from "./request.ts";
import type { ServedModel } from "./served-model.ts";

/**
 * Turns messages into the prompt's tokens. Only the template writes control tokens: where a message spells one (`<|end|>`), the text is
 * encoded in two pieces, cut inside the spelling, so that the model reads the letters. Prompts without such spellings are encoded whole. The
 * function throws `invalid_request` when the template refuses the messages, or a text reads as a control token even so; `promptWriter` itself
 * throws on a template that is not Jinja and on a tokenizer that adds control tokens.
 */
export function promptWriter(
  model: Pick<ServedModel, "id" | "tokenizer" | "chatTemplate" | "specialTokens">,
): (messages: readonly ChatMessage[]) => Token[] {
  const { tokenizer, chatTemplate, specialTokens } = model;
  if (tokenizer.encode("").some((id) => tokenizer.special.has(id))) {
    throw new TypeError(
      `The tokenizer of ${model.id} adds control tokens of its own in encode(). Turn that off: the chat template writes them.`,
    );
  }
  const template = new Template(chatTemplate);
  const spelling = spellingOf(tokenizer);

  return (messages) => {
    const mark = unusedCharacter([chatTemplate, ...messages.map(({ content }) => content)]);
    const marked = messages.map(({ role, content }, index) => {
      const text = spelling === undefined ? content : content.replace(spelling, `$&${mark}`);
      // Some tokenizers also read a control token in other spellings (after normalisation), or in a single character.
      if (text.split(mark).some((piece) => tokenizer.encode(piece).some((id) => tokenizer.special.has(id)))) throw controlToken(index);
      return { role: role === "developer" ? "system" : role, content: text };
    });
    let text: string;
    try {
      text = template.render({ ...specialTokens, messages: marked, add_generation_prompt: true });
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new LenityError("invalid_request", `The chat template refuses these messages: ${said.replaceAll(mark, "")}`, {
        path: "messages",
        cause,
      });
    }
    return text.split(mark).flatMap((piece) => tokenizer.encode(piece));
  };
}

/** Matches the first character of every spelling of a control token, overlapping ones too. */
function spellingOf(tokenizer: Tokenizer): RegExp | undefined {
  const spellings = Array.from(tokenizer.special, (id) => tokenizer.decode([id], { special: true })).filter((text) => text !== "");
  if (spellings.length === 0) return undefined;
  const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  const starts = spellings.map(([first = "", ...rest]) => `${literal(first)}(?=${literal(rest.join(""))})`);
  return new RegExp(starts.join("|"), "gu");
}

/** A private-use character that none of the texts holds. */
function unusedCharacter(texts: readonly string[]): string {
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const character = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(character))) return character;
  }
  throw new LenityError("invalid_request", "The messages use every private-use character of Unicode. Leave some out.", {
    path: "messages",
  });
}

const controlToken = (index: number): LenityError =>
  new LenityError("invalid_request", "The text holds a control token of the model that cannot be read as text. Leave it out.", {
    path: `messages[${index}].content`,
  });
