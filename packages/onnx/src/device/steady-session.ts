import type { InferenceSession } from "onnxruntime-node";

/**
 * A session that fetches the same outputs at each run: those that stay on its device. This works around
 * onnxruntime-node, which keeps the outputs of a run bound for the next one: an output that is not requested again is
 * written to the previous run's tensor, and fails when the sizes differ ("Tensor size mismatch"); an output requested
 * later is returned under the name of another one if it comes before that in the file. Outputs that a run did not
 * request are freed. `helpers` are released together with the session.
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
