/** The first line of an error, without its full stop. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
}

/** The first line of an error of ONNX Runtime, without the places in its sources. */
export function reason(error: unknown): string {
  return firstLine(error)
    .replace(/^.* ERROR_CODE: \d+, ERROR_MESSAGE: /, "") // browsers' runtime
    .replace(/^.* was false\. /, "")
    .replace(/^Non-zero status code .* Status Message: /, "")
    .replace(/^\S+\.cc:\d+ \S+ (?=[A-Z])/, "");
}
