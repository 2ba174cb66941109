import { LenityError } from "@lenity/core";

/** Turns the error of the runtime's server into one that gives the reason and a remedy. */
export function listenRefusal(
  cause: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): LenityError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return new LenityError("invalid_request", sentence(code, message, host, port), { cause });
}

function sentence(code: string, message: string, host: string, port: number): string {
  const free = "Choose another port with --port, or 0 for a free one.";
  if (code === "EADDRINUSE") return `Port ${port} on ${host} is in use. ${free}`;
  if (code === "EACCES" || code === "EPERM")
    return `This user is not allowed to listen on port ${port} of ${host} (${code}). ${free}`;
  if (noAddress.has(code)) {
    return `${host} is not an address of this machine (${code}). Set --host to 127.0.0.1 for this machine only, or to 0.0.0.0 for all its addresses.`;
  }
  return `Cannot listen on ${host}, port ${port}: ${message}.`;
}

/** The address belongs to another machine or an unsupported family, or the name cannot be resolved. */
const noAddress = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NONAME"]);
