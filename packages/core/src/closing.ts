/**
 * The same events. `close` runs once, when they are over: at their end, at an error, and where the reader leaves them.
 * A generator that is left before its first event runs none of its own code, its `finally` neither: what wraps a
 * generator hands over here what it must close.
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
