/** What the server needs besides the writer. Not for users: it may change in any version. */
export { encodeTexts } from "./encode-prompt.ts";
export * from "./json-scan.ts";
