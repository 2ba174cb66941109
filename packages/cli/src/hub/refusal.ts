import { LenityError } from "@lenity/core";
import type { Hub } from "./settings.ts";

/** What an answer that is no success means for somebody who wants the model, and what to do. */
export function refusal({ status, headers }: Response, hub: Hub, model: string, what: string): LenityError {
  const code = headers.get("x-error-code");
  const page = `${hub.endpoint}/${model}`;
  const reason = headers.get("x-error-message");
  const error = (message: string) => new LenityError("download", message);
  if (code === "GatedRepo") {
    const login = "Give the token of an account that has it, by HF_TOKEN or hf auth login.";
    const wait = "The account of the token has no access: ask for it there, or wait until it is granted.";
    return error(`${model} is gated: its authors grant access on ${page}. ${hub.token === undefined ? login : wait}`);
  }
  if (code === "RevisionNotFound") return error(`${model} has no such revision (${what}). Give a branch, a tag or a commit by --revision.`);
  if (code === "EntryNotFound") return error(`${model} has no ${what} any more. Pull again.`);
  if (status === 401 && hub.token !== undefined && code !== "RepoNotFound") {
    return error(
      `${hub.endpoint} does not know the token that HF_TOKEN or hf auth login gave. Renew it, or take it away for public models.`,
    );
  }
  if (code === "RepoNotFound" || status === 404 || status === 401) {
    const hidden = hub.token === undefined ? "it is private: then give a token by HF_TOKEN or hf auth login" : "the token may not see it";
    return error(`${hub.endpoint} has no model ${model}, or ${hidden}. Check the name.`);
  }
  return error(`${hub.endpoint} refuses ${what} of ${model} with status ${status}${reason === null ? "" : `: ${reason}`}. See ${page}.`);
}
