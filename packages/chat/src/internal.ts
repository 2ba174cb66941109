/** What the server needs beside the writer. Not for users: it may change in any version. */
export * from "./json-scan.ts";
