/** How the calls of model families are written. */
import type { CallForm } from "@lenity/core";

const json = { middle: '", "arguments": ', close: "}", quoted: true } as const;

/** Hermes and Qwen: a tag around each call. */
export const tagged: CallForm = {
  ...json,
  begin: ["<tool_call>"],
  anywhere: true,
  open: ['\n{"name": "'],
  close: "}\n</tool_call>",
  between: '\n<tool_call>\n{"name": "',
  end: "",
};

/** Llama 3: the answer is one object. */
export const soleObject: CallForm = {
  ...json,
  begin: ['{"name": "', '<|python_tag|>{"name": "'],
  anywhere: false,
  open: [""],
  middle: '", "parameters": ',
  between: undefined,
  end: "",
};

/** Mistral until its tokenizer's version 7: a list of objects behind a mark. */
export const list: CallForm = {
  ...json,
  begin: ["[TOOL_CALLS]"],
  anywhere: true,
  open: [' [{"name": "', '[{"name": "'],
  between: ', {"name": "',
  end: "]",
};

/** Mistral later: a mark before each name, and another one before its arguments. */
export const named: CallForm = {
  begin: ["[TOOL_CALLS]"],
  anywhere: true,
  open: [""],
  middle: "[ARGS]",
  close: "",
  between: "[TOOL_CALLS]",
  end: "",
  quoted: false,
};

/** For all other models: the answer consists of objects, each in a line of its own. */
export const objects: CallForm = {
  ...json,
  begin: ['{"name": "'],
  anywhere: false,
  open: [""],
  between: '\n{"name": "',
  end: "",
};
