/** One message of a conversation. Which roles are allowed depends on the model's chat template. */
export interface ChatMessage {
  /** Usually system, developer, user, assistant or tool. */
  readonly role: string;
  readonly content: string;
  /** What the assistant thought before. Many templates leave it out, or show only that of the last turn. */
  readonly reasoning_content?: string | undefined;
  /** Calls by the assistant, with their arguments as JSON text. */
  readonly tool_calls?: readonly ToolCall[] | undefined;
  /** The id of the call that a tool message answers. */
  readonly tool_call_id?: string | undefined;
  readonly name?: string | undefined;
}

export interface ToolCall {
  readonly id?: string | undefined;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A function that the model may call. */
export interface ChatTool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description?: string | null | undefined;
    /** The JSON Schema of the arguments. */
    readonly parameters?: unknown;
  };
}
