/** The tools of a request, and which of them must be called. */
import type { ChatTool } from "@lenity/chat";
import { quoted } from "@lenity/core/internal";
import * as v from "valibot";
import { ApiError } from "../http/api-error.ts";
import type { Maybe } from "./answer-fields.ts";
import { refusedValue } from "./checked.ts";
import { among, expecting, object, plain } from "./schema.ts";

/** A function that the model may call. */
export type OfferedTool = ChatTool & {
  /** `strict: false`: the arguments are any object, whatever the schema says. */
  readonly function: { readonly parameters?: Maybe<object>; readonly strict?: Maybe<boolean> };
};

/** Whether the model calls: if it likes, not at all, at least one function, or this one. */
export type ToolChoice = "none" | "auto" | "required" | NamedChoice;

interface NamedChoice {
  readonly type: "function";
  readonly function: { readonly name: string };
}

export const toolSchema: v.GenericSchema<unknown, OfferedTool> = plain(
  v.looseObject({
    type: v.literal("function"),
    function: plain(
      v.looseObject({
        name: v.string(),
        description: v.nullish(v.string()),
        parameters: v.nullish(plain(v.looseObject({}))),
        strict: v.nullish(v.boolean()),
      }),
    ),
  }),
);

const word = v.picklist(["none", "auto", "required"]);
const named = object({ type: v.literal("function"), function: object({ name: v.string() }) });
const neither = expecting('"none", "auto", "required" or {type: "function", function: {name}}');

export const toolChoice: v.GenericSchema<unknown, ToolChoice> = among<ToolChoice>([word, named], (input) => {
  if (input === "none" || input === "auto" || input === "required") return word;
  return typeof input === "object" && input !== null ? named : neither;
});

interface ToolFields {
  readonly tools?: Maybe<readonly OfferedTool[]>;
  readonly tool_choice?: Maybe<ToolChoice>;
}

/** The most tools of a request, as at OpenAI. */
const mostTools = 128;

/** Names as at OpenAI, and with dots, colons and slashes, which other servers allow. */
const nameForm = /^[\w.:/-]{1,128}$/;

/** What describes a function is written and compiled by code that recurses. */
const deepest = 100;

const isDeep = (value: unknown, most: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (most === 0 || Object.values(value).some((inner) => isDeep(inner, most - 1)));

/** Refuses tools that cannot be told apart or written, and choices among tools that are not there. */
export function checkTools({ tools, tool_choice: choice }: ToolFields): void {
  const names = (tools ?? []).map(({ function: { name } }) => name);
  if (names.length > mostTools) throw refusedValue("tools", tools, `at most ${mostTools} tools`);
  for (const [at, { function: described }] of (tools ?? []).entries()) {
    if (isDeep(described, deepest))
      throw refusedValue(`tools[${at}].function`, described, `a function nested at most ${deepest} levels deep`);
  }
  for (const [at, name] of names.entries()) {
    const param = `tools[${at}].function.name`;
    if (!nameForm.test(name))
      throw refusedValue(param, name, "1 to 128 letters, digits, underscores, dashes, dots, colons and slashes");
    if (names.indexOf(name) < at) throw refusedValue(param, name, "a name that no other tool has");
  }
  if (choice == null || choice === "none" || choice === "auto") return;
  if (names.length === 0) {
    const message = "tool_choice asks for a call, and there are no tools. Send tools, or leave it out.";
    throw new ApiError(400, message, { param: "tool_choice", code: "invalid_value" });
  }
  if (choice === "required" || names.includes(choice.function.name)) return;
  const message = `tool_choice names the function ${quoted(choice.function.name)}; tools has ${names.map(quoted).slice(0, 20).join(", ")}.`;
  throw new ApiError(400, message, { param: "tool_choice.function.name", code: "invalid_value" });
}
