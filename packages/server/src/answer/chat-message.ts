/** An answer as a message in OpenAI's format, in pieces or whole. */
import { type AnswerEvent, answerReader } from "@lenity/chat";
import type { Answer } from "@lenity/core";
import type { Job } from "./job.ts";

/** A call of a function. */
export interface ChatCall {
  /** Nine letters and digits. */
  readonly id: string;
  readonly type: "function";
  /** The arguments are JSON, unless the answer was cut. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ChatAnswer {
  readonly role: "assistant";
  /** Null if there are calls and no text. */
  readonly content: string | null;
  readonly refusal: null;
  readonly reasoning_content?: string | undefined;
  readonly tool_calls?: readonly ChatCall[] | undefined;
}

/** What a chunk adds to a message. */
export interface ChatDelta {
  readonly role?: "assistant" | undefined;
  readonly content?: string | undefined;
  readonly reasoning_content?: string | undefined;
  /** The first piece of a call has its id and name, the others more of its arguments. */
  readonly tool_calls?: readonly CallDelta[] | undefined;
}

export interface CallDelta {
  readonly index: number;
  readonly id?: string | undefined;
  readonly type?: "function" | undefined;
  readonly function: { readonly name?: string | undefined; readonly arguments: string };
}

export type FinishReason = Answer["reason"] | "tool_calls";

/** Turns the text of an answer into pieces of its message. */
export function chatDeltas({ reading }: Pick<Job, "reading">) {
  const reader = answerReader(reading);
  const plain = (reading.calls ?? reading.reasoning) === undefined;
  let calls = 0;
  const deltas = (events: readonly AnswerEvent[]): ChatDelta[] =>
    events.map((event): ChatDelta => {
      if (event.type === "content") return { content: event.text };
      if (event.type === "reasoning") return { reasoning_content: event.text };
      const { index } = event;
      if (event.type === "arguments") return { tool_calls: [{ index, function: { arguments: event.text } }] };
      calls++;
      return {
        tool_calls: [{ index, id: callId(), type: "function", function: { name: event.name, arguments: "" } }],
      };
    });
  return {
    push(text: string): ChatDelta[] {
      if (plain) return text === "" ? [] : [{ content: text }];
      return deltas(reader.push(text));
    },
    end: (): ChatDelta[] => (plain ? [] : deltas(reader.end())),
    /** Why the message ends. Ask after the end. */
    reason: (reason: Answer["reason"]): FinishReason =>
      reason === "stop" && calls > 0 && reader.section !== "call" ? "tool_calls" : reason,
  };
}

/** The message of a whole answer, and why it ends. */
export function chatAnswer(
  { text, reason }: Pick<Answer, "text" | "reason">,
  job: Pick<Job, "reading">,
): { readonly message: ChatAnswer; readonly reason: FinishReason } {
  const reader = chatDeltas(job);
  let content = "";
  let reasoning: string | undefined;
  const calls: ChatCall[] = [];
  for (const delta of [...reader.push(text), ...reader.end()]) {
    content += delta.content ?? "";
    if (delta.reasoning_content !== undefined) reasoning = (reasoning ?? "") + delta.reasoning_content;
    for (const { index, id, function: more } of delta.tool_calls ?? []) {
      const call = calls[index] ?? {
        id: id ?? "",
        type: "function",
        function: { name: more.name ?? "", arguments: "" },
      };
      const { name, arguments: before } = call.function;
      calls[index] = { ...call, function: { name, arguments: before + more.arguments } };
    }
  }
  const message: ChatAnswer = {
    role: "assistant",
    content: content === "" && calls.length > 0 ? null : content,
    refusal: null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return { message, reason: reader.reason(reason) };
}

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Short, because the templates of some models accept no other ids. */
const callId = (): string =>
  Array.from(crypto.getRandomValues(new Uint32Array(9)), (number) => letters[number % letters.length]).join("");
