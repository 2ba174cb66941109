import type { Described } from "../folder/describe-model.ts";
import type { LoadRequest } from "../protocol/protocol.ts";

/** Makes the request to load a described model. */
export function loadRequest(
  { name, width, vocabulary, unused, contextLength, eos, sizes }: Described,
  how: Omit<LoadRequest, "type" | "name" | "width" | "vocabulary" | "unused" | "contextLength" | "eos" | "sizes">,
): LoadRequest {
  return { type: "load", name, ...how, width, vocabulary, unused, contextLength, eos, sizes };
}
