import { LenityError } from "@lenity/core";
import { type EngineName, engines } from "@lenity/remote";

/** A target elsewhere, as `--target` names it. */
export interface RemoteAddress {
  readonly engine: EngineName;
  readonly url: string;
}

/** Parses `sglang+http://host:30000`. Throws `invalid_request`. */
export function remoteAddress(text: string): RemoteAddress {
  const [, engine, url] = /^([a-z]+)\+(https?:\/\/[^/].*)$/.exec(text) ?? [];
  const known = engines.find((name) => name === engine);
  if (known !== undefined && url !== undefined) return { engine: known, url };
  throw new LenityError(
    "invalid_request",
    `--target is ${text}; expected an engine and its address, such as sglang+http://127.0.0.1:30000. Engines: ${engines.join(", ")}.`,
    { path: "target" },
  );
}
