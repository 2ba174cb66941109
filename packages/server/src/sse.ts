/**
 * Server-sent events, one JSON value each, then `[DONE]`. Values are taken as fast as they are made and wait here for a
 * slow reader: an answer is short, and the model's turn must not last as long as its reader pleases. `onCancel` is told
 * when the reader goes; `onError` gives the last value of a stream that breaks, which then ends without `[DONE]`.
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
      /** Does it, unless the stream is closed: runtimes close some without a word. */
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
