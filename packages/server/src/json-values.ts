/**
 * How many values (texts, numbers, objects, …) a JSON text holds, names of fields included, counted without parsing it and up to one more than `most`.
 * A body of a few megabytes can hold millions: parsing, checking and writing those takes seconds, whatever they mean.
 */
export function jsonValues(text: string, most: number): number {
  let values = 1;
  for (let at = 0; at < text.length && values <= most; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfText(text, at);
    else if (code === comma || code === colon || code === bracket || code === brace) values++;
  }
  return values;
}

/** More than any conversation with its tools has. */
export const mostValues = 30_000;

const [quote, comma, colon, bracket, brace, backslash] = [0x22, 0x2c, 0x3a, 0x5b, 0x7b, 0x5c];

/** Where the closing quote of a JSON text is, or the end. */
function endOfText(text: string, opening: number): number {
  for (let end = text.indexOf('"', opening + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
