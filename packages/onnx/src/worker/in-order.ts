import type { Request } from "../protocol/protocol.ts";

/** Runs work in order: after all earlier work that shares a key with it or, without keys, after all earlier work. */
export function inOrder(): (keys: readonly string[] | undefined, work: () => Promise<void>) => void {
  /** The last work without keys, and the last for each key since. */
  let barrier: Promise<unknown> = Promise.resolve();
  const last = new Map<string, Promise<void>>();
  return (keys, work) => {
    const before = keys === undefined ? [...last.values()] : keys.flatMap((key) => last.get(key) ?? []);
    const done = Promise.all([barrier, ...before]).then(work);
    if (keys === undefined) {
      barrier = done;
      last.clear();
      return;
    }
    for (const key of keys) last.set(key, done);
    const forget = () => {
      for (const key of keys) if (last.get(key) === done) last.delete(key);
    };
    done.then(forget, forget);
  };
}

/** The sessions that a request to a model uses, as keys; undefined for one that concerns all. */
export function sessionsOf(model: number, request: Request): readonly string[] | undefined {
  if (request.type === "load") return undefined;
  const own = `${model} ${request.session}`;
  if (request.type === "copy") return [own, `${model} ${request.source}`];
  // A rewind sent with an append must not overtake the append before it, whoever asks for either.
  if (request.type === "draft" && request.block !== undefined)
    return [own, `${request.block.model} ${request.block.request.session}`];
  if (request.type === "rounds" && request.uses !== undefined) return [own, `${request.uses.place} ${request.uses.id}`];
  return [own];
}
