/**
 * Passes the events through and runs `close` once when they are over: at the end, on an error, or when the reader stops
 * early. A generator that is closed before its first event runs none of its code, not even its `finally`, so code that
 * wraps a generator passes its cleanup here.
 */
export function closing<T>(
  events: AsyncGenerator<T, void, undefined>,
  close: () => unknown | Promise<unknown>,
): AsyncGenerator<T, void, undefined> {
  let over: Promise<unknown> | undefined;
  const end = () => (over ??= (async () => close())());
  const step = async (act: () => Promise<IteratorResult<T, void>>): Promise<IteratorResult<T, void>> => {
    let result: IteratorResult<T, void>;
    try {
      result = await act();
    } catch (error) {
      await end();
      throw error;
    }
    if (result.done === true) await end();
    return result;
  };
  const leave = () => step(() => events.return());
  return {
    next: () => step(() => events.next()),
    return: leave,
    throw: (error) => step(() => events.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      await leave();
    },
  };
}
