import { LenityError } from "@lenity/core";

/** Whether the text may be a model's name on the hub: `ORG/NAME`, by the hub's own rules. */
export function isModelName(text: string): boolean {
  const parts = text.split("/");
  return (
    parts.length === 2 &&
    parts.every((part) => /^\w([\w.-]*\w)?$/.test(part)) &&
    text.length <= 96 &&
    !/--|\.\.|\.git$/.test(text)
  );
}

/**
 * Throws `invalid_request` unless the text may be a branch, a tag or a commit: it becomes part of an address and of a
 * path.
 */
export function checkRevision(text: string): void {
  if (/^\w[\w./+-]*$/.test(text) && text.split("/").every((part) => !/^\.*$/.test(part))) return;
  throw new LenityError(
    "invalid_request",
    `The revision is ${JSON.stringify(text)}; expected a branch, a tag or a commit, such as main.`,
  );
}
