import { LenityError } from "@lenity/core";
import { ApiError } from "./api-error.ts";
import { checkJsonHeaders, parseJson } from "./json.ts";

/**
 * Reads the JSON body of a request. Throws 415 if the headers declare another type, 413 above `limit` bytes, 408 after
 * `timeout` milliseconds, and the 400s of `parseJson`.
 */
export async function readJson(request: Request, limit: number, timeout: number): Promise<unknown> {
  checkJsonHeaders(request.headers);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  return parseJson(await readBytes(request, limit, timeout));
}

async function readBytes(request: Request, limit: number, timeout: number): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow(timeout)), timeout);
  });
  try {
    // The declared length is only a claim, so the bytes are counted as well.
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return joined(chunks, size);
      size += value.length;
      if (size > limit) throw tooLarge(limit);
      chunks.push(value);
    }
  } catch (error) {
    // Does not wait for the rest: not every runtime can cancel it.
    reader.cancel().catch(() => {});
    if (error instanceof ApiError) throw error;
    throw new LenityError("aborted", "The client disconnected while sending the body.", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

const tooSlow = (timeout: number): ApiError =>
  new ApiError(408, `The body did not arrive within ${timeout / 1000} s. Send it faster, or in smaller requests.`, {
    code: "body_timeout",
    headers: { connection: "close" },
  });

const tooLarge = (limit: number): ApiError =>
  new ApiError(413, `The body is larger than ${limit} bytes, the limit of this server. Send a smaller one.`, {
    code: "body_too_large",
  });

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
