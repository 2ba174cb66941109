import type { ChatRequest } from "../request/chat-request.ts";
import type { AskedForm } from "./grammars.ts";

/** The calls that an answer may have or must have; undefined if there are none. */
export function askedCalls({
  tools,
  tool_choice: choice,
  parallel_tool_calls: several,
}: Pick<ChatRequest, "tools" | "tool_choice" | "parallel_tool_calls">): AskedForm["calls"] {
  if (tools == null || tools.length === 0 || choice === "none") return undefined;
  const chosen = typeof choice === "object" ? choice?.function.name : undefined;
  const functions = tools.flatMap(({ function: { name, parameters, strict } }, at) => {
    if (chosen !== undefined && name !== chosen) return [];
    return [{ name, parameters: strict === false ? undefined : parameters, path: `tools[${at}].function.parameters` }];
  });
  return {
    functions,
    needed: choice === "required" || chosen !== undefined,
    // A named function is called once.
    several: several !== false && chosen === undefined,
  };
}
