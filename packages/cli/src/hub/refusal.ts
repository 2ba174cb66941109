import { LenityError } from "@lenity/core";
import type { Hub } from "./settings.ts";

/** Turns an error response of the hub into an error that explains it and gives a remedy. */
export function refusal({ status, headers }: Response, hub: Hub, model: string, what: string): LenityError {
  const code = headers.get("x-error-code");
  const page = `${hub.endpoint}/${model}`;
  const reason = headers.get("x-error-message");
  const error = (message: string) => new LenityError("download", message);
  if (code === "GatedRepo") {
    const login = "Set HF_TOKEN, or run hf auth login, with an account that has access.";
    const wait = "The token's account has no access: request it there, or wait until it is granted.";
    return error(`${model} is gated: its authors grant access on ${page}. ${hub.token === undefined ? login : wait}`);
  }
  if (code === "RevisionNotFound")
    return error(`${model} has no such revision (${what}). Set --revision to a branch, a tag or a commit.`);
  if (code === "EntryNotFound") return error(`${model} no longer has ${what}. Pull again.`);
  if (status === 401 && hub.token !== undefined && code !== "RepoNotFound") {
    return error(
      `${hub.endpoint} does not accept the token from HF_TOKEN or hf auth login. Renew it, or remove it for public models.`,
    );
  }
  if (code === "RepoNotFound" || status === 404 || status === 401) {
    const hidden =
      hub.token === undefined
        ? "it is private (then set HF_TOKEN, or run hf auth login)"
        : "the token has no access to it";
    return error(`${hub.endpoint} has no model ${model}, or ${hidden}. Check the name.`);
  }
  return error(
    `${hub.endpoint} refused ${what} of ${model} with status ${status}${reason === null ? "" : `: ${reason}`}. See ${page}.`,
  );
}
