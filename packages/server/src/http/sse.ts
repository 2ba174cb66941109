/**
 * Server-sent events with one JSON value each, then `[DONE]`. Values are read as fast as they are produced and buffered
 * for a slow reader: answers are short, and a slow reader must not prolong the model's turn. `onCancel` is called when
 * the reader disconnects; `onError` returns the last value of a failed stream, which ends without `[DONE]`.
 */
export function eventStream(
  values: AsyncIterable<unknown>,
  { onCancel, onError }: { readonly onCancel: () => void; readonly onError: (error: unknown) => unknown },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let open = true;
  const close = () => {
    open = false;
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
      const send = (data: string) => attempt(() => controller.enqueue(encoder.encode(`data: ${data}\n\n`)));
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
        attempt(() => controller.close());
      };
      pump().catch((error) => attempt(() => controller.error(error)));
    },
    cancel: close,
  });
}
