/** Checks whether a model gives the same results on a device as on the CPU, and in blocks of what size. */
import { LenityError } from "@lenity/core";
import { differenceOf, type StepResult } from "../checks/compare-devices.ts";
import type { Device } from "../protocol/devices.ts";
import type { Model } from "../run/sequence.ts";

/**
 * The maximum tokens per run on devices that are wrong in larger blocks. From 32 rows on, ONNX Runtime's WebGPU uses an
 * attention kernel in which eight threads of a subgroup exchange keys; on adapters with subgroups of four (SwiftShader)
 * it counts keys twice.
 */
const smallChunk = 31;

/** Steps of a trial, which tests replace. */
export interface Trial {
  open(device: Device): Promise<Model>;
  runSteps(model: Model): Promise<readonly StepResult[]>;
}

/**
 * The model on that device, with blocks limited to a size that is correct there, and the measurements, as sentences.
 * When no size is correct, frees the model and rejects.
 */
export async function verifyDevice(
  cpu: Model,
  device: Device,
  tolerance: number,
  { open, runSteps: answers }: Trial,
): Promise<{ readonly model: Model; readonly why: string }> {
  const model = await open(device);
  try {
    const expected = await answers(cpu);
    const whole = differenceOf(await answers(model), expected);
    if (whole <= tolerance) return { model, why: `${differ(whole)}.` };
    const small = { ...model, graph: { ...model.graph, chunk: smallChunk } };
    const cut = differenceOf(await answers(small), expected);
    if (cut <= tolerance) {
      return {
        model: small,
        why: `${differ(cut)} in blocks of up to ${smallChunk} tokens; longer ones are cut, because those differ by ${percent(whole)}.`,
      };
    }
    throw new LenityError(
      "unsupported",
      `${differ(cut)} in blocks of up to ${smallChunk} tokens (at most ${percent(tolerance)} is accepted), so the device computes something else`,
    );
  } catch (error) {
    await model.graph.session.release();
    throw error;
  }
}

/** Formats milliseconds for messages. */
export const time = (milliseconds: number): string => `${rounded(milliseconds)} ms`;

const differ = (share: number) =>
  `Logits and hidden states differ from the CPU's by ${percent(share)} of what they span`;
const percent = (share: number) =>
  Number.isFinite(share) ? `${rounded(100 * share)} %` : "an unknown share (not a number)";
const rounded = (value: number) => Number(value.toPrecision(2));
