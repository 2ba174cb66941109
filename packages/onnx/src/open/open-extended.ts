/** Hands an .onnx file to ONNX Runtime, together with what it lacks. */
import type { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { hasBfloat16 } from "../onnx-file/bfloat16.ts";
import { firstLine } from "../onnx-file/first-line.ts";
import { type OnnxScan, refusal } from "../onnx-file/scan.ts";
import { planTaps } from "../taps/plan-taps.ts";

/** An .onnx file that ONNX Runtime can be given: from a disk or out of memory. */
export interface OnnxFile {
  readonly scan: OnnxScan;
  /** Opens it as it is. Rejects as opening it at all is to. */
  open(): Promise<InferenceSession>;
  /** Opens it with these bytes behind its own. Rejects with whatever the runtime throws. */
  openWith(suffix: Uint8Array): Promise<InferenceSession>;
  /** Why so many bytes cannot be put behind its own, as the end of a sentence; undefined when they can. */
  fixed(more: number): string | undefined;
}

/** An open file. */
export interface Opened {
  readonly session: InferenceSession;
  /** Outputs that the file itself lacks. */
  readonly added: readonly string[];
  /** What it lacks and did not get, and why: one sentence each. */
  readonly missing: readonly string[];
}

/** The most bytes of one protobuf message, and of one buffer in every runtime. */
export const mostBytes: number = 2 ** 31 - 1;

/**
 * Opens the file with the outputs that `planTaps` adds: in memory, so that folders may be read-only and several
 * processes may do it at once. When that does not work it is opened as it is. Rejects as `file.open` does when it
 * cannot be opened at all.
 */
export async function openExtended(file: OnnxFile): Promise<Opened> {
  const { suffix, added, missing } = planTaps(file.scan);
  const plainly = async (...why: readonly string[]): Promise<Opened> => {
    return { session: await file.open(), added: [], missing: [...missing, ...why] };
  };
  if (suffix.length === 0) return plainly();
  const lost = (why: string) => plainly(`${added.join(", ")}: not added, because ${why}.`);
  const why = file.fixed(suffix.length);
  if (why !== undefined) return lost(why);
  try {
    return { session: await file.openWith(suffix), added, missing };
  } catch (cause) {
    return lost(`ONNX Runtime refuses it: ${firstLine(cause)}`);
  }
}

/** The error for a file that the runtime does not open. */
export function unreadable(scan: OnnxScan, cause: unknown): LenityError {
  const { file } = scan;
  if (hasBfloat16(scan)) {
    const advice =
      "Take a variant in float32, float16 or 4 bits: onnxruntime-genai's builder writes them with -p fp32, -p fp16 or -p int4.";
    return refusal(
      file,
      `computes in bfloat16, and ONNX Runtime's CPU provider has no arithmetic for it (${firstLine(cause)})`,
      {
        advice,
        cause,
      },
    );
  }
  return refusal(file, `cannot be loaded by ONNX Runtime: ${firstLine(cause)}`, { cause });
}
