/** The first line of an error, without its full stop. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
}

/** The first line of an ONNX Runtime error, without source locations. */
export function reason(error: unknown): string {
  return firstLine(error)
    .replace(/^.* ERROR_CODE: \d+, ERROR_MESSAGE: /, "") // browser runtime
    .replace(/^.* was false\. /, "")
    .replace(/^Non-zero status code .* Status Message: /, "")
    .replace(/^\S+\.cc:\d+ \S+ (?=[A-Z])/, "");
}
