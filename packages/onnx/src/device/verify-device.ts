/** Whether a model computes on a device as on the CPU, and in blocks of which size. */
import { LenityError } from "@lenity/core";
import { differenceOf, type StepResult } from "../checks/compare-devices.ts";
import type { Device } from "../protocol/devices.ts";
import type { Model } from "../run/sequence.ts";

/**
 * The most tokens of one run where larger blocks are wrong: from 32 rows on ONNX Runtime's WebGPU takes a kernel for
 * attention that lets eight threads of a subgroup exchange keys, and counts keys twice on adapters whose subgroups have
 * four (SwiftShader).
 */
const smallChunk = 31;

/** The parts of a trial, which tests replace. */
export interface Trial {
  open(device: Device): Promise<Model>;
  runSteps(model: Model): Promise<readonly StepResult[]>;
}

/**
 * The model on that device, in blocks as large as are right there, and what was seen, as sentences. Rejects when none
 * are, and frees it.
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
        why: `${differ(cut)} in blocks of up to ${smallChunk} tokens; longer ones are cut, because there they differ by ${percent(whole)}.`,
      };
    }
    throw new LenityError(
      "unsupported",
      `${differ(cut)} in blocks of up to ${smallChunk} tokens (at most ${percent(tolerance)} is accepted), so it computes something else`,
    );
  } catch (error) {
    await model.graph.session.release();
    throw error;
  }
}

/** Milliseconds, as messages put them. */
export const time = (milliseconds: number): string => `${rounded(milliseconds)} ms`;

const differ = (share: number) =>
  `Logits and hidden states differ from the CPU's by ${percent(share)} of what they span`;
const percent = (share: number) =>
  Number.isFinite(share) ? `${rounded(100 * share)} %` : "an unknown share (not a number)";
const rounded = (value: number) => Number(value.toPrecision(2));
