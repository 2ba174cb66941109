import { firstLine } from "../onnx-file/first-line.ts";

/** What ONNX Runtime complains of, without the places in its sources and its full stop. */
export function reason(error: unknown): string {
  return firstLine(error)
    .replace(/^.* ERROR_CODE: \d+, ERROR_MESSAGE: /, "") // browsers' runtime
    .replace(/^.* was false\. /, "")
    .replace(/^Non-zero status code .* Status Message: /, "")
    .replace(/^\S+\.cc:\d+ \S+ (?=[A-Z])/, "");
}
