/** Opens an .onnx file in ONNX Runtime with the outputs it lacks. */
import type { HiddenKind, LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { hasBfloat16 } from "../onnx-file/bfloat16.ts";
import { firstLine } from "../onnx-file/first-line.ts";
import { type Edit, type OnnxScan, refusal } from "../onnx-file/scan.ts";
import { planTaps } from "../taps/plan-taps.ts";

/** An .onnx file that ONNX Runtime can open, on disk or in memory. */
export interface OnnxFile {
  readonly scan: OnnxScan;
  /** Opens it unchanged. Rejects with the error for a file that cannot be opened. */
  open(): Promise<InferenceSession>;
  /** Opens it with these edits and these bytes appended. Rejects with whatever the runtime throws. */
  openWith(suffix: Uint8Array, edits: readonly Edit[]): Promise<InferenceSession>;
  /** Why this many bytes cannot be appended, as the end of a sentence; undefined when they can. */
  extensionFault(more: number): string | undefined;
}

/** An open file. */
export interface Opened {
  readonly session: InferenceSession;
  /** Outputs that the file itself lacks. */
  readonly added: readonly string[];
  /** Outputs that it lacks and that could not be added, and why: one sentence each. */
  readonly missing: readonly string[];
  /** The layers whose hidden states can be added, counted from 1. */
  readonly layers: readonly number[];
}

/** The size limit of a protobuf message, and of a buffer in all runtimes. */
export const mostBytes: number = 2 ** 31 - 1;

/**
 * Opens the file with the outputs that `planTaps` adds, also for the hidden states that are `asked` for. They are added in memory, so that folders may be read-only and
 * several processes can load the same file. If that fails, the file is opened unchanged. Rejects as `file.open` does
 * when it cannot be opened at all.
 */
export async function openExtended(file: OnnxFile, asked: readonly HiddenKind[] = []): Promise<Opened> {
  const { suffix, edits, added, missing, layers } = planTaps(file.scan, asked);
  if (suffix.length === 0) return { session: await file.open(), added, missing, layers };
  const lost = async (why: string): Promise<Opened> => {
    const sentence = `${added.join(", ")}: not added, because ${why}.`;
    return { session: await file.open(), added: [], missing: [...missing, sentence], layers: [] };
  };
  const why = file.extensionFault(suffix.length);
  if (why !== undefined) return lost(why);
  try {
    return { session: await file.openWith(suffix, edits), added, missing, layers };
  } catch (cause) {
    return lost(`ONNX Runtime cannot load the result: ${firstLine(cause)}`);
  }
}

/** The error for a file that the runtime cannot open. */
export function unreadable(scan: OnnxScan, cause: unknown): LenityError {
  const { file } = scan;
  if (hasBfloat16(scan)) {
    const advice =
      "Use a variant in float32, float16 or 4 bits: onnxruntime-genai's builder writes them with -p fp32, -p fp16 or -p int4.";
    return refusal(
      file,
      `computes in bfloat16, which ONNX Runtime's CPU provider does not support (${firstLine(cause)})`,
      {
        advice,
        cause,
      },
    );
  }
  return refusal(file, `cannot be loaded by ONNX Runtime: ${firstLine(cause)}`, { cause });
}
