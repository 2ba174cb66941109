/** One line of the log. It never contains text of a prompt, an answer or a key. Times are in milliseconds. */
export type LogEntry =
  | {
      readonly event: "request";
      readonly request_id: string;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      /** Until the headers were sent. */
      readonly ms: number;
      /** The name of the key, on servers with keys. */
      readonly key?: string | undefined;
    }
  | {
      readonly event: "answer";
      readonly request_id: string;
      readonly model_name: string;
      /** A preset's name, or "custom". */
      readonly policy: string;
      readonly law: string;
      readonly finish_reason: string;
      readonly prompt_tokens: number;
      readonly completion_tokens: number;
      readonly first_token_ms: number;
      readonly ms: number;
    };
