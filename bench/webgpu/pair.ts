/** A pair of models on a device and on the CPU: what both say, and how fast. */
import { decode, type LanguageModel, type Policy, type Registry, type Token } from "@lenity/core";
import { type Device, type DeviceReport, loadModel, loadPair, onnxDrafter } from "@lenity/onnx";
import { type AnswerRow, answerAll, type PlacedPair } from "./answers.ts";
import { type BlockAgreement, compareBlocks } from "./blocks.ts";

export interface PairOptions {
  /** Folders. */
  readonly target: string;
  readonly draft: string;
  readonly device: Device;
  readonly registry: Registry;
  /** Besides plain decoding. */
  readonly policies: readonly Policy[];
  readonly prompts: readonly (readonly Token[])[];
  readonly control?: ReadonlySet<Token> | undefined;
  /** Lengths of blocks that are compared. Default: 1 to 25. */
  readonly blocks?: readonly number[] | undefined;
  readonly maxTokens: number;
  readonly turns: number;
  /** Milliseconds after which no further prompt is answered. */
  readonly limit?: number | undefined;
  readonly threads?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
  /** Called with the first part when it is known. */
  readonly keep?: ((result: PairResult) => Promise<void>) | undefined;
}

export interface PairResult {
  /** Why each model runs where it does, and how far it is from the CPU. */
  readonly devices: { readonly target: DeviceReport; readonly draft: DeviceReport };
  readonly blocks: readonly BlockAgreement[];
  readonly answers: readonly AnswerRow[];
}

/** Texts whose ends are compared in blocks, and the most tokens of their answers. */
const [comparedTexts, answerTokens] = [3, 120];

/**
 * Compares blocks, then answers the prompts with both models on the CPU, both on the device, and the target there with
 * the draft model on the CPU. Rejects as `loadModel` does where the device is not available.
 */
export async function comparePair(options: PairOptions): Promise<PairResult> {
  const { target, draft, device, prompts, blocks = Array.from({ length: 25 }, (_, i) => i + 1), threads } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    // Without kept prefixes every lane has to run the whole prompt.
    const cpu = await loadPair(target, draft, { threads, cacheBytes: 0 });
    closing.push(cpu.close);
    const moved = await loadPair(target, draft, { threads, cacheBytes: 0, device });
    closing.push(moved.close);
    const near = await loadModel(draft, { threads: 1, cacheBytes: 0, draftsFor: moved.target });
    closing.push(() => near.close());
    const devices = { target: moved.target.device, draft: moved.draft.device };
    const texts: (readonly Token[])[] = [];
    for (const prompt of prompts.slice(0, comparedTexts)) texts.push(await answered(cpu.target, prompt));
    const agreement = await compareBlocks(cpu.target, moved.target, texts, blocks);
    await options.keep?.({ devices, blocks: agreement, answers: [] });
    const pairs: PlacedPair[] = [
      { place: "cpu", target: cpu.target, drafter: cpu.drafter },
      { place: device, target: moved.target, drafter: moved.drafter },
      { place: `${device}, draft on the CPU`, target: moved.target, drafter: () => onnxDrafter(near) },
    ];
    return { devices, blocks: agreement, answers: await answerAll({ ...options, pairs }) };
  } finally {
    for (const close of closing) await close();
  }
}

/** The prompt and its plain answer, long enough for the longest block. */
async function answered(target: LanguageModel, prompt: readonly Token[]): Promise<Token[]> {
  const text = [...prompt];
  for await (const event of decode(prompt, { target, maxTokens: answerTokens }))
    if (event.type === "round") text.push(...event.tokens.map(({ token }) => token));
  return text;
}
