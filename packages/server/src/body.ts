import { ApiError } from "./api-error.ts";
import { checkJsonHeaders, parseJson } from "./json.ts";

/** The JSON of a request's body: 415 when it says to be something else, 413 above `limit` bytes, 400 when it is no JSON in UTF-8. */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  checkJsonHeaders(request.headers);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The declared length is only a claim, so the bytes are counted as well.
  for (const reader = request.body?.getReader(); reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw tooLarge(limit);
    }
    chunks.push(value);
  }
  return parseJson(joined(chunks, size));
}

const tooLarge = (limit: number): ApiError =>
  new ApiError(413, `The body is larger than the ${limit} bytes that this server takes.`, { code: "body_too_large" });

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
