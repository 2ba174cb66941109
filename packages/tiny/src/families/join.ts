/** `a, b, c`. */
export const commas = (items: readonly (string | number)[]): string => items.join(", ");

/** `a, b and c`. */
export const listed = (items: readonly (string | number)[]): string =>
  items.length < 2 ? items.join("") : `${commas(items.slice(0, -1))} and ${items[items.length - 1]}`;
