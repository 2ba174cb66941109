import { isDeeper, jsonValues, mostValues } from "@lenity/chat/internal";
import { excerpt } from "@lenity/core/internal";
import { ApiError } from "./api-error.ts";

/** Levels of arrays and objects. Deeper JSON has no purpose here but to exhaust the stack of whatever reads it. */
const deepest = 200;

/** Refuses, with 415, a body that its headers declare to be something else than plain JSON. */
export function checkJsonHeaders(headers: Headers): void {
  const type = headers.get("content-type");
  // Strict also because a web page may send every other type to any server without asking it first.
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type?.trim() ?? "")) {
    const given = type === null ? "The request has no content-type" : `The content-type is ${excerpt(type)}`;
    throw unsupportedMedia(`${given}; expected JSON. Send the header content-type: application/json.`, {
      accept: "application/json",
    });
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    const message = `The body is compressed (content-encoding: ${excerpt(encoding)}); this server reads plain JSON only. Send it uncompressed.`;
    throw unsupportedMedia(message, { "accept-encoding": "identity" });
  }
}

const unsupportedMedia = (message: string, headers: Record<string, string>): ApiError =>
  new ApiError(415, message, { code: "unsupported_media_type", headers });

/** The value of JSON in UTF-8, or a 400 that says what is wrong with it. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw invalidJson("The body is empty, which is not JSON; expected an object with messages.");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidJson("The body is not JSON in UTF-8: it holds bytes that are no UTF-8.");
  }
  if (isDeeper(text, deepest))
    throw invalidJson(`The body is nested deeper than ${deepest} levels of arrays and objects. Send a flatter one.`);
  if (jsonValues(text, mostValues) > mostValues) {
    throw new ApiError(
      400,
      `The body holds more than ${mostValues} values (texts, numbers, lists, objects). Send fewer.`,
      {
        code: "too_many_values",
      },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Some runtimes quote the whole text here.
    throw invalidJson(`The body is not JSON: ${excerpt(cause instanceof Error ? cause.message : String(cause), 120)}`);
  }
}

const invalidJson = (message: string): ApiError => new ApiError(400, message, { code: "invalid_json" });
