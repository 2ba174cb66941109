import { LenityError } from "@lenity/core";

/** Whether the text is a valid name of a model on the hub: `ORG/NAME`, by the hub's rules. */
export function isModelName(text: string): boolean {
  const parts = text.split("/");
  return (
    parts.length === 2 &&
    parts.every((part) => /^\w([\w.-]*\w)?$/.test(part)) &&
    text.length <= 96 &&
    !/--|\.\.|\.git$/.test(text)
  );
}

/** Throws `invalid_request` unless the text can be a branch, tag or commit. It becomes part of a URL and of a path. */
export function checkRevision(text: string): void {
  if (/^\w[\w./+-]*$/.test(text) && text.split("/").every((part) => !/^\.*$/.test(part))) return;
  throw new LenityError(
    "invalid_request",
    `The revision is ${JSON.stringify(text)}; expected a branch, a tag or a commit, such as main.`,
  );
}
