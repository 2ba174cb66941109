/** The ids that a model may draw: those of its tokenizer, or for a draft model those of its target. */
import { LenityError, type Token } from "@lenity/core";
import type { TokenIds } from "@lenity/core/internal";
import type { TokenTexts } from "../tokenizer/token-table.ts";

/** A model's output layer, and its tokenizer's tokens if the folder has a tokenizer. */
export interface Outputs {
  readonly name: string;
  /** Path of the folder. */
  readonly folder: string;
  /** The logits per row: vocab_size. */
  readonly width: number;
  readonly tokens: TokenTexts | undefined;
}

/** The model that a draft model drafts for. */
export interface DraftTarget extends Outputs, TokenIds {
  readonly contextLength: number;
}

/** The ids that rows cover, and notes on them for the user. */
export interface Vocabulary extends TokenIds {
  readonly unused: ReadonlySet<Token>;
  /** Sentences without a full stop. */
  readonly notes: readonly string[];
}

/**
 * The ids of the model's tokenizer, without the padding of its output layer. Throws `model_files` when ordinary tokens
 * of the tokenizer go beyond the output layer. Added tokens may: some tokenizers have tokens, mostly for padding, that
 * the model was never resized for. A prompt that contains one is refused.
 */
export function ownVocabulary({ folder, width, tokens }: Outputs): Vocabulary {
  if (tokens === undefined) return { vocabulary: width, unused: new Set(), notes: [] };
  const beyond = [...tokens.texts.keys()].filter((id) => id >= width);
  if (beyond.some((id) => !tokens.added.has(id))) {
    throw new LenityError(
      "model_files",
      `The tokenizer.json of ${folder} has ids up to ${tokens.vocabulary - 1}, but the model's vocab_size is ${width}. They belong to different models; download both from the same place.`,
    );
  }
  const names = beyond.slice(0, 5).map((id) => `${tokens.texts.get(id)} (${id})`);
  const more = beyond.length > names.length ? ` and ${beyond.length - names.length} more` : "";
  return {
    vocabulary: Math.min(width, tokens.vocabulary),
    unused: new Set([...tokens.unused].filter((id) => id < width)),
    notes:
      beyond.length === 0
        ? []
        : [
            `the model has no embedding for the added tokens ${names.join(", ")}${more}: prompts that contain them are refused`,
          ],
  };
}

/**
 * The target's ids, of which the draft model may draw those that mean the same to both. Throws `unsupported` when an
 * ordinary token has a different text, or when there is nothing to compare and the sizes differ.
 */
export function draftVocabulary(draft: Outputs, target: Outputs & TokenIds): Vocabulary {
  const refuse = (what: string, advice: string) =>
    new LenityError(
      "unsupported",
      `The draft model ${draft.folder} does not match the target ${target.folder}: ${what}. ${advice}`,
    );
  const { vocabulary } = target;
  const unused = new Set(target.unused);
  if (draft.tokens === undefined || target.tokens === undefined) {
    if (draft.width === target.width) return { vocabulary, unused, notes: [] };
    throw refuse(
      `they have ${draft.width} and ${target.width} token ids, and without both tokenizer.json files it is not known which are the same`,
      "Copy the tokenizer.json of each model into its folder.",
    );
  }
  let missing = 0;
  let different = 0;
  for (const [id, text] of target.tokens.texts) {
    if (id >= vocabulary) continue;
    const own = id < draft.width ? draft.tokens.texts.get(id) : undefined;
    if (own === text) continue;
    if (own === undefined) missing++;
    else if (target.tokens.added.has(id) && draft.tokens.added.has(id)) different++;
    else {
      throw refuse(
        `token ${id} is ${JSON.stringify(own)} in one and ${JSON.stringify(text)} in the other`,
        "Use a draft model of the target's family: it must have the same tokenizer.",
      );
    }
    unused.add(id);
  }
  if (unused.size >= vocabulary)
    throw refuse("no token id means the same in both", "Use a draft model of the target's family.");
  return { vocabulary, unused, notes: notesOf(draft, target, missing, different) };
}

function notesOf(draft: Outputs, target: Outputs, missing: number, different: number): string[] {
  if (missing + different === 0) {
    if (draft.width === target.width) return [];
    return [
      `${draft.name} scores ${draft.width} ids and ${target.name} ${target.width}: the tokens are the same, the padding differs`,
    ];
  }
  const kinds = [
    ...(missing === 0 ? [] : [`${missing} that only ${target.name} has`]),
    ...(different === 0 ? [] : [`${different} control tokens with a different meaning`]),
  ];
  return [
    `${draft.name} never drafts ${kinds.join(" and ")}; where the target could draw one, KL(p‖q) is infinite, so gates on it (judi) do not relax anything`,
  ];
}
