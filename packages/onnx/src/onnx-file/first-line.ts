/** What the runtime says first, without its full stop. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
}

/** What ONNX Runtime complains of, without the places in its sources and its full stop. */
export function reason(error: unknown): string {
  return firstLine(error)
    .replace(/^.* ERROR_CODE: \d+, ERROR_MESSAGE: /, "") // browsers' runtime
    .replace(/^.* was false\. /, "")
    .replace(/^Non-zero status code .* Status Message: /, "")
    .replace(/^\S+\.cc:\d+ \S+ (?=[A-Z])/, "");
}
