import { isDeeper, jsonValues, mostValues } from "@lenity/chat/internal";
import { excerpt } from "@lenity/core/internal";
import { ApiError } from "./api-error.ts";

/** Levels of arrays and objects. No valid request needs deeper JSON, which could overflow the stack of its readers. */
const deepest = 200;

/** Throws 415 if the headers declare a body that is not plain JSON. */
export function checkJsonHeaders(headers: Headers): void {
  const type = headers.get("content-type");
  // Also a protection: a web page may send some other types to any server without a preflight request.
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type?.trim() ?? "")) {
    const given = type === null ? "The request has no content-type" : `The content-type is ${excerpt(type)}`;
    throw unsupportedMedia(`${given}; expected JSON. Send the header content-type: application/json.`, {
      accept: "application/json",
    });
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    const message = `The body is compressed (content-encoding: ${excerpt(encoding)}); this server only reads plain JSON. Send it uncompressed.`;
    throw unsupportedMedia(message, { "accept-encoding": "identity" });
  }
}

const unsupportedMedia = (message: string, headers: Record<string, string>): ApiError =>
  new ApiError(415, message, { code: "unsupported_media_type", headers });

/** Parses JSON in UTF-8. Throws a 400 that says what is wrong. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw invalidJson("The body is empty, which is not JSON; expected an object with messages.");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidJson("The body is not valid UTF-8; expected JSON in UTF-8.");
  }
  if (isDeeper(text, deepest))
    throw invalidJson(`The body is nested deeper than ${deepest} levels of arrays and objects. Send a flatter one.`);
  if (jsonValues(text, mostValues) > mostValues) {
    throw new ApiError(
      400,
      `The body contains more than ${mostValues} values (strings, numbers, arrays, objects). Send fewer.`,
      {
        code: "too_many_values",
      },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Some runtimes quote the whole body here.
    throw invalidJson(`The body is not JSON: ${excerpt(cause instanceof Error ? cause.message : String(cause), 120)}`);
  }
}

const invalidJson = (message: string): ApiError => new ApiError(400, message, { code: "invalid_json" });
