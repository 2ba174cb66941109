/**
 * Server-sent events with one JSON value each, then `[DONE]`. Values are read as fast as they are produced and buffered
 * for a slow reader: answers are short, and a slow reader must not prolong the model's turn. `onCancel` is called when
 * the reader disconnects; `onError` returns the last value of a failed stream, which ends without `[DONE]`. If there was
 * nothing to send for `heartbeat` milliseconds, a comment is sent.
 */
export function eventStream(
  values: AsyncIterable<unknown>,
  {
    onCancel,
    onError,
    heartbeat,
  }: {
    readonly onCancel: () => void;
    readonly onError: (error: unknown) => unknown;
    readonly heartbeat?: number | undefined;
  },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let open = true;
  let silent = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  const close = () => {
    open = false;
    clearInterval(timer);
    onCancel();
  };
  return new ReadableStream({
    start(controller) {
      /** Runs it unless the stream is closed. Some runtimes close streams without notice. */
      const attempt = (act: () => void) => {
        if (!open) return;
        try {
          act();
        } catch {
          close();
        }
      };
      const write = (text: string) => attempt(() => controller.enqueue(encoder.encode(`${text}\n\n`)));
      const send = (data: string) => {
        silent = false;
        write(`data: ${data}`);
      };
      const beat = () => {
        if (silent) write(": waiting");
        silent = true;
      };
      if (heartbeat !== undefined) timer = setInterval(beat, heartbeat);
      const pump = async () => {
        try {
          for await (const value of values) {
            send(JSON.stringify(value));
            if (!open) return;
          }
          send("[DONE]");
        } catch (error) {
          if (open) send(JSON.stringify(onError(error)));
        }
        clearInterval(timer);
        attempt(() => controller.close());
      };
      pump().catch((error) => attempt(() => controller.error(error)));
    },
    cancel: close,
  });
}
