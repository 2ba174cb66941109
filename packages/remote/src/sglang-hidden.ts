/**
 * Hidden states that SGLang returns: after the final norm, for every token that it computed, as numbers in JSON. The
 * tokens before them came from its cache.
 */
import { fieldOf, listOf, malformed } from "./check-reply.ts";

/** The states of the last `count` of a sequence's `length` tokens: [count, width], row-major. */
export function lastStates(engine: string, meta: unknown, length: number, count: number): Float32Array {
  // Each part is what one pass over some of the tokens computed.
  const parts = listOf(fieldOf(meta, "hidden_states")).map(listOf);
  const rows = parts.flat().map(listOf);
  const computed = length - Number(fieldOf(meta, "cached_tokens"));
  const width = rows[0]?.length ?? 0;
  // More or fewer would be those of another request.
  if (rows.length !== computed || computed < count || width === 0 || rows.some((row) => row.length !== width))
    throw malformed(engine, `the hidden states of the ${computed} tokens that it computed`);
  return Float32Array.from(rows.slice(-count).flat(), Number);
}

/**
 * The width of the states, or undefined if the server returns none. Versions before `"last"` could be asked for confuse
 * the states of requests that they compute together, so they count as having none.
 */
export async function widthOfStates(
  engine: string,
  ask: (mode: "last" | true) => Promise<unknown>,
  isRefusal: (cause: unknown) => boolean,
): Promise<number | undefined> {
  try {
    await ask("last");
    const meta = await ask(true);
    return fieldOf(meta, "hidden_states") === undefined ? undefined : lastStates(engine, meta, 2, 1).length;
  } catch (cause) {
    if (isRefusal(cause)) return undefined;
    throw cause;
  }
}
