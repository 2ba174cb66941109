/** Counts and depths of JSON text without parsing it: parsers recurse, and a few megabytes can contain millions of values. */

/** More values than any conversation with its tools has. Millions would take seconds to parse, check and write. */
export const mostValues = 30_000;

/** The number of values (strings, numbers, objects, …), including field names. Stops counting at `most` + 1. */
export function jsonValues(json: string, most: number): number {
  let values = 1;
  for (let at = 0; at < json.length && values <= most; at++) {
    const code = json.charCodeAt(at);
    if (code === quote) at = endOfString(json, at);
    else if (code === comma || code === colon || code === bracket || code === brace) values++;
  }
  return values;
}

/** Whether arrays and objects are nested more than `most` deep. */
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

/** The index of the closing quote of a string: the next one that is not escaped, or the end of the text. */
function endOfString(json: string, opening: number): number {
  for (let end = json.indexOf('"', opening + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}
