import type { InferenceSession } from "onnxruntime-node";

/**
 * The session, fetching what it has fetched before at each run. With outputs on a device, onnxruntime-node binds those of a run to the next one as
 * well: one that is not asked for again is written into the tensor of the run before, and fails when the sizes differ ("Tensor size mismatch"). What
 * a run did not ask for is freed. `helpers` are released with it.
 */
export function steadySession(session: InferenceSession, helpers: readonly InferenceSession[]): InferenceSession {
  const names = new Set<string>();
  const run = async (feeds: InferenceSession.FeedsType, fetches: Readonly<Record<string, unknown>>) => {
    for (const name of Object.keys(fetches)) names.add(name);
    const results = await session.run(feeds, Object.fromEntries([...names].map((name) => [name, null])));
    const wanted = Object.entries(results).filter(([name, tensor]) => {
      if (!(name in fetches) && tensor.location !== "cpu") tensor.dispose();
      return name in fetches;
    });
    return Object.fromEntries(wanted);
  };
  const release = async () => {
    await Promise.all(helpers.map((helper) => helper.release()));
    await session.release();
  };
  return Object.assign(Object.create(session) as InferenceSession, { run, release });
}
