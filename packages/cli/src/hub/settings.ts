import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { LenityError } from "@lenity/core";

/** Where models come from and where they are stored. The settings are those of Hugging Face's tools. */
export interface Hub {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** Sent only to the endpoint's origin. */
  readonly token: string | undefined;
  /** The folder with the `models--ORG--NAME` folders. */
  readonly cache: string;
  /** Whether to use only the cache. */
  readonly offline: boolean;
  readonly patience: Patience;
}

/** How often and how long to retry after a fault that may pass. */
export interface Patience {
  /** Maximum attempts in a row without progress. */
  readonly attempts: number;
  /** Milliseconds before the second attempt. Doubled before each further one. */
  readonly pause: number;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly silence: number;
}

export const defaultPatience: Patience = { attempts: 5, pause: 500, silence: 30_000 };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads HF_ENDPOINT, HF_TOKEN (or the file HF_TOKEN_PATH, or HF_HOME/token), HF_HUB_CACHE (or HF_HOME/hub) and
 * HF_HUB_OFFLINE. Rejects with `invalid_request` for an invalid endpoint or token.
 */
export async function readHub(environment: Environment = process.env): Promise<Hub> {
  const set = (name: string) => environment[name]?.trim() || undefined;
  const home = set("HF_HOME") ?? join(set("XDG_CACHE_HOME") ?? join(homedir(), ".cache"), "huggingface");
  const file = set("HF_TOKEN_PATH") ?? join(home, "token");
  const token = set("HF_TOKEN") ?? ((await readFile(file, "utf8").catch(() => "")).trim() || undefined);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new LenityError(
      "invalid_request",
      `The token in ${set("HF_TOKEN") === undefined ? file : "HF_TOKEN"} has characters that are not allowed in a token. Check it, or remove it for public models.`,
    );
  }
  return {
    endpoint: endpoint(set("HF_ENDPOINT") ?? "https://huggingface.co"),
    token,
    cache: set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") ?? join(home, "hub"),
    offline: /^(1|on|yes|true)$/i.test(set("HF_HUB_OFFLINE") ?? ""),
    patience: defaultPatience,
  };
}

function endpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return text.replace(/\/+$/, "");
  throw new LenityError(
    "invalid_request",
    `HF_ENDPOINT is ${text}; expected an address such as https://huggingface.co.`,
  );
}
