/** Scores for comparing two devices. Uses no runtime-specific API, since pages use it too. */
import type { HiddenKind, Scores, Token } from "@lenity/core";
import type { OnnxModel } from "../onnx-model.ts";

/**
 * A model's scores of two texts of sixty tokens: a whole prompt, longer than the kernels' tiles; blocks and single
 * tokens; and blocks after rewinding, to a prefix and to nothing.
 */
export async function scriptedScores(
  model: OnnxModel,
  text: readonly Token[],
  other: readonly Token[],
  hidden?: HiddenKind,
): Promise<Scores[]> {
  const session = await model.open();
  const scores: Scores[] = [];
  for (const [from, tokens] of [
    [0, text.slice(0, 45)],
    [45, text.slice(45, 50)],
    [50, text.slice(50, 51)],
    [51, text.slice(51, 52)],
    [48, other.slice(0, 9)],
    [20, other.slice(9, 33)],
    [44, text.slice(44, 60)],
    [0, other.slice(0, 3)],
  ] as const) {
    await session.rewind(from);
    scores.push(await session.append(tokens, { hidden }));
  }
  await session.close();
  return scores;
}
