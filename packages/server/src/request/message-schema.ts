import type { ChatMessage } from "@lenity/chat";
import { isDeeper } from "@lenity/chat/internal";
import * as v from "valibot";
import { among, expecting, object } from "./schema.ts";

const textPart = object({ type: v.literal("text"), text: v.string() });
/** OpenAI's part for an assistant that declines to answer. Templates get it as plain text. */
const refusalPart = v.pipe(
  object({ type: v.literal("refusal"), refusal: v.string() }),
  v.transform(({ refusal }) => ({ text: refusal })),
);

type Content = v.GenericSchema<unknown, string | { readonly text: string }[]>;

/** Text or parts of text, as one string. Chooses the schema by hand so that an error names the part. */
function content(part: v.GenericSchema<unknown, { readonly text: string }>): v.GenericSchema<unknown, string> {
  const text: Content = v.string();
  const parts: Content = v.pipe(v.array(part), v.minLength(1));
  const neither = expecting("a string or an array of parts");
  return v.pipe(
    among([text, parts], (input) => (typeof input === "string" ? text : Array.isArray(input) ? parts : neither)),
    v.transform((given) => (typeof given === "string" ? given : given.map(({ text }) => text).join("")).toWellFormed()),
  );
}

const textContent = content(textPart);
const assistantContent = content(
  among([textPart, refusalPart], (input) => (fieldOf(input, "type") === "refusal" ? refusalPart : textPart)),
);

/** The chat writer refuses deeper arguments. Checked before parsing, because parsers recurse. */
const deepest = 100;
const flat = v.string();
const tooDeep = expecting(`JSON nested at most ${deepest} levels deep`);
const flatJson = among([flat], (input) => (typeof input === "string" && isDeeper(input, deepest) ? tooDeep : flat));
const functionCall = object({ name: v.string(), arguments: v.optional(flatJson, "{}") });
const toolCall = object({
  id: v.optional(v.string()),
  type: v.optional(v.literal("function"), "function"),
  function: functionCall,
});

const fieldOf = (input: unknown, name: string): unknown =>
  typeof input === "object" && input !== null ? (input as Record<string, unknown>)[name] : undefined;

const shared = {
  role: v.picklist(["system", "developer", "user", "assistant", "tool"]),
  tool_calls: v.nullish(v.array(toolCall)),
  tool_call_id: v.nullish(v.string()),
  name: v.nullish(v.string()),
  reasoning_content: v.nullish(v.string()),
};
const refusal = v.nullish(v.string(), "");
const assistant = object({ ...shared, content: assistantContent, refusal });
const silentAssistant = object({ ...shared, content: v.nullish(assistantContent, ""), refusal });
const other = object({
  ...shared,
  content: textContent,
  refusal: v.nullish(expecting("no value, because only an assistant can refuse")),
});
const calling = object({
  role: expecting('"assistant", because only its messages can have tool_calls'),
}) as v.GenericSchema<unknown, never>;

type AnyMessage = v.InferOutput<typeof assistant | typeof silentAssistant | typeof other>;

/** An assistant's message may have calls, a refusal, or no text. All others have text. */
const anyMessage = among<AnyMessage>([assistant, silentAssistant, other], (input) => {
  const calls = fieldOf(input, "tool_calls");
  const makesCalls = Array.isArray(calls) && calls.length > 0;
  if (fieldOf(input, "role") !== "assistant") return makesCalls ? calling : other;
  const silent = makesCalls || typeof fieldOf(input, "refusal") === "string" || fieldOf(input, "content") === null;
  return silent ? silentAssistant : assistant;
});

/** A message in OpenAI's format. Missing fields stay missing in the result, because templates test for them. */
export const messageSchema: v.GenericSchema<unknown, ChatMessage> = v.pipe(
  anyMessage,
  v.transform(
    ({
      role,
      content,
      refusal,
      reasoning_content: thought,
      tool_calls: calls,
      tool_call_id: id,
      name,
    }): ChatMessage => ({
      role,
      content: `${content}${(refusal ?? "").toWellFormed()}`,
      ...(thought == null || role !== "assistant" ? {} : { reasoning_content: thought.toWellFormed() }),
      ...(calls == null || calls.length === 0 ? {} : { tool_calls: calls }),
      ...(id == null ? {} : { tool_call_id: id }),
      ...(name == null ? {} : { name }),
    }),
  ),
);
