/** Characters of keys, and so many for each value, at which all values are dropped. */
const [most, each] = [8_000_000, 400];

/**
 * A function that returns the same value again for arguments with the same key. So that a grammar in long use does not
 * grow, all values are dropped when there are very many, each by `forget`, and made anew.
 */
export function interned<Argument, Value>(
  keyOf: (argument: Argument) => string,
  make: (argument: Argument) => Value,
  forget: (value: Value) => void = () => {},
): (argument: Argument) => Value {
  const known = new Map<string, Value>();
  let size = 0;
  return (argument) => {
    const key = keyOf(argument);
    let value = known.get(key);
    if (value === undefined) {
      size += key.length + each;
      if (size > most) {
        for (const old of known.values()) forget(old);
        known.clear();
        size = key.length + each;
      }
      value = make(argument);
      known.set(key, value);
    }
    return value;
  };
}
