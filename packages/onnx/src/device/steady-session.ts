import type { InferenceSession } from "onnxruntime-node";

/**
 * The session, fetching what it has fetched before at each run. With outputs on a device, onnxruntime-node binds those of a run to the next one as
 * well: one that is not asked for again is written into the tensor of the run before, and fails when the sizes differ ("Tensor size mismatch").
 * `helper` is released with it.
 */
export function steadySession(session: InferenceSession, helper: InferenceSession): InferenceSession {
  const names = new Set<string>();
  const run = (feeds: InferenceSession.FeedsType, fetches: Readonly<Record<string, unknown>>) => {
    for (const name of Object.keys(fetches)) names.add(name);
    return session.run(feeds, Object.fromEntries([...names].map((name) => [name, null])));
  };
  const release = async () => {
    await helper.release();
    await session.release();
  };
  return Object.assign(Object.create(session) as InferenceSession, { run, release });
}
