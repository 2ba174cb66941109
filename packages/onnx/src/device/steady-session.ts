import type { InferenceSession } from "onnxruntime-node";

/**
 * The session, fetching the same outputs at each run: those it leaves on its device. onnxruntime-node binds the outputs
 * of a run to the next one as well: one that is not asked for again is written into the tensor of the run before, and
 * fails when the sizes differ ("Tensor size mismatch"); one that is asked for later is given under another's name,
 * where it stands before that in the file. What a run did not ask for is freed. `helpers` are released with it.
 */
export function steadySession(
  session: InferenceSession,
  names: readonly string[],
  helpers: readonly InferenceSession[],
): InferenceSession {
  const run = async (feeds: InferenceSession.FeedsType, fetches: Readonly<Record<string, unknown>>) => {
    const results = await session.run(
      feeds,
      Object.fromEntries([...new Set([...names, ...Object.keys(fetches)])].map((name) => [name, null])),
    );
    const asked = Object.entries(results).filter(([name, tensor]) => {
      if (!(name in fetches) && tensor.location !== "cpu") tensor.dispose();
      return name in fetches;
    });
    return Object.fromEntries(asked);
  };
  const release = async () => {
    await Promise.all(helpers.map((helper) => helper.release()));
    await session.release();
  };
  return Object.assign(Object.create(session) as InferenceSession, { run, release });
}
