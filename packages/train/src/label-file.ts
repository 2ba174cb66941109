/** Label files: JSON lines, the source first, then one line per answer, each written as soon as it is labelled. */
import { LenityError } from "@lenity/core";
import * as v from "valibot";
import type { LabelledAnswer, LabelSource } from "./labels.ts";

/** The content of a label file. */
export interface LabelFile {
  readonly source: LabelSource;
  readonly answers: readonly LabelledAnswer[];
}

/** The first line of a label file, with its line break. */
export const sourceLine = (source: LabelSource): string =>
  `${JSON.stringify({ lenity: "labels", version: 1, ...source })}\n`;

/** The line of an answer, with its line break. */
export const answerLine = (answer: LabelledAnswer): string => `${JSON.stringify(answer)}\n`;

/**
 * Reads the text of a label file. A last line that an interrupted run has not finished is left out. Throws
 * `invalid_request` with the line's number if the text is no label file; `name` is what the message calls it.
 */
export function parseLabels(text: string, name = "The label file"): LabelFile {
  const lines = text.split("\n");
  if (!isJson(lines.at(-1) as string)) lines.pop();
  const [first = "", ...rest] = lines;
  const { lenity: _, version: __, ...source } = read(first, headerSchema, `${name}, line 1`);
  const answers = rest.flatMap((line, at) =>
    line.trim() === "" ? [] : [answerOf(line, source.vocabulary, `${name}, line ${at + 2}`)],
  );
  return { source, answers };
}

/**
 * Throws `invalid_request`, naming what differs, if labels from these two sources do not belong into one file: when a
 * run is resumed with other settings.
 */
export function checkSource(found: LabelSource, wanted: LabelSource, name = "The label file"): void {
  const [before, now] = [flat(found), flat(wanted)];
  for (const key of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(key) === now.get(key)) continue;
    throw new LenityError(
      "invalid_request",
      `${name} was made with ${key} ${before.get(key) ?? "unset"}, not ${now.get(key) ?? "unset"}. Use the same settings to resume, or another file.`,
    );
  }
}

/** The fields of a source as JSON, with the settings beside the others. */
function flat({ settings, ...rest }: LabelSource): Map<string, string> {
  const entries = Object.entries({ ...rest, ...settings }).filter(([, value]) => value !== undefined);
  return new Map(entries.map(([key, value]) => [key, JSON.stringify(value)]));
}

const headerSchema = v.object({
  lenity: v.literal("labels"),
  version: v.literal(1),
  method: v.picklist(["spans", "mining", "self"]),
  target: v.string(),
  draft: v.optional(v.string()),
  vocabulary: v.pipe(v.number(), v.integer(), v.minValue(1)),
  settings: v.record(v.string(), v.unknown()),
});

const index = v.pipe(v.number(), v.integer(), v.minValue(0));
const answerSchema = v.object({
  group: v.optional(v.string()),
  prompt: v.pipe(v.array(index), v.minLength(1)),
  answer: v.array(index),
  labels: v.array(v.object({ at: index, token: index, fine: v.boolean() })),
});

function answerOf(line: string, vocabulary: number, where: string): LabelledAnswer {
  const found = read(line, answerSchema, where);
  const { prompt, answer, labels } = found;
  const high = [...prompt, ...answer, ...labels.map(({ token }) => token)].find((token) => token >= vocabulary);
  if (high !== undefined) throw invalid(where, `token ${high} is not below the vocabulary, ${vocabulary}`);
  const beyond = labels.find(({ at }) => at >= answer.length);
  if (beyond !== undefined)
    throw invalid(where, `a label is at ${beyond.at}, but the answer has ${answer.length} tokens`);
  return found;
}

function read<Schema extends v.GenericSchema>(line: string, schema: Schema, where: string): v.InferOutput<Schema> {
  if (!isJson(line)) throw invalid(where, "it is not JSON");
  const result = v.safeParse(schema, JSON.parse(line));
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw invalid(where, `at "${v.getDotPath(issue) ?? "."}": ${issue.message}`);
}

const invalid = (where: string, what: string): LenityError =>
  new LenityError("invalid_request", `${where} is not valid: ${what}. Expected a file of lenity judge label.`);

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
