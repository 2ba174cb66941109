/**
 * What a JSON text holds, found without parsing it: parsers recurse, and a body of a few megabytes can hold millions of
 * values.
 */

/**
 * More than any conversation with its tools has. Parsing, checking and writing millions takes seconds, whatever they
 * mean.
 */
export const mostValues = 30_000;

/**
 * How many values (texts, numbers, objects, …) it holds, names of fields included: counted up to one more than `most`.
 */
export function jsonValues(json: string, most: number): number {
  let values = 1;
  for (let at = 0; at < json.length && values <= most; at++) {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfString(json, at);
    else if (code === comma || code === colon || code === bracket || code === brace) values++;
  }
  return values;
}

/** Whether it opens more arrays and objects within each other than this. */
export function isDeeper(json: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfString(json, at);
    else if (code === bracket || code === brace) {
      if (++depth > most) return true;
    } else if (code === bracket + 2 || code === brace + 2) depth--;
  }
  return false;
}

const [quote, comma, colon, bracket, brace, backslash] = [0x22, 0x2c, 0x3a, 0x5b, 0x7b, 0x5c];

/**
 * Where the string that opens here closes: at the next quote that no backslash escapes; the end of the text where there
 * is none.
 */
function endOfString(json: string, opening: number): number {
  for (let end = json.indexOf('"', opening + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}
