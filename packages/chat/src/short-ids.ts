import type { TemplateMessage } from "./template-messages.ts";

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 9;

/**
 * Makes the ids of calls nine letters and digits, because Mistral's templates refuse all others. Ids that are so
 * already stay, and the same id is made into the same one.
 */
export const withShortIds = (messages: readonly TemplateMessage[]): TemplateMessage[] =>
  messages.map((message) => ({
    ...message,
    ...(message.tool_call_id === undefined ? {} : { tool_call_id: shortId(message.tool_call_id) }),
    ...(message.tool_calls === undefined
      ? {}
      : {
          tool_calls: message.tool_calls.map((call, at) => {
            const { id = `${at}` } = call as { readonly id?: string };
            return { ...(call as object), id: shortId(id) };
          }),
        }),
  }));

function shortId(id: string): string {
  if (/^[0-9A-Za-z]{9}$/.test(id)) return id;
  // FNV-1a, in two halves, so that ids of one conversation do not meet.
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < id.length; at++) {
    low = Math.imul(low ^ id.charCodeAt(at), 0x01000193) >>> 0;
    high = Math.imul(high ^ (id.charCodeAt(at) + at), 0x85ebca6b) >>> 0;
  }
  let [value, short] = [BigInt(high) * 2n ** 32n + BigInt(low), ""];
  for (; short.length < length; value /= 62n) short += letters[Number(value % 62n)];
  return short;
}
