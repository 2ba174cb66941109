/** Parsers for the values of flags, with an error for a wrong one. */
import { type HiddenKind, isHiddenKind, LenityError, type Policy } from "@lenity/core";
import { blockSizes, type DeviceOption, type Dtype, deviceOptions, dtypes } from "@lenity/onnx";
import { InvalidArgumentError } from "commander";

/** A preset's name, or a policy as JSON. */
export function policy(text: string): Policy {
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text) as Policy;
  } catch (error) {
    throw new InvalidArgumentError(
      `It is not valid JSON (${(error as Error).message}). Expected a preset's name or an object such as '{"type":"sd"}'.`,
    );
  }
}

/** A size of blocks of int4 weights. */
export const blockSize = (text: string): (typeof blockSizes)[number] => {
  const known = blockSizes.find((size) => String(size) === text);
  if (known !== undefined) return known;
  throw new InvalidArgumentError(`Expected one of ${blockSizes.join(", ")}.`);
};

/** One of a list. */
export const oneOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name => {
    const known = names.find((name) => name === text);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Expected one of ${names.join(", ")}.`);
  };

/** A variant of model files that transformers.js names. */
export const dtype: (text: string) => Dtype = oneOf(dtypes);

/** Throws `invalid_request` if both flags choose the model's file. */
export function checkFile({
  file,
  dtype,
}: {
  readonly file?: string | undefined;
  readonly dtype?: Dtype | undefined;
}): void {
  if (file === undefined || dtype === undefined) return;
  throw new LenityError(
    "invalid_request",
    `--file ${file} and --dtype ${dtype} both choose the model's file. Use only one of them.`,
  );
}

/** Where models run. */
export const device: (text: string) => DeviceOption = oneOf(deviceOptions);

/** A kind of hidden state. */
export function hiddenKind(text: string): HiddenKind {
  if (isHiddenKind(text)) return text;
  throw new InvalidArgumentError("Expected pre-norm, post-norm, layer-N or layer-N-norm, with N from 1.");
}

/** A whole number in a range. */
export const whole =
  (from: number, to: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(
      `Expected a whole number from ${from}${to === Number.MAX_SAFE_INTEGER ? "" : ` to ${to}`}.`,
    );
  };

/** A number in a range. */
export const number =
  (from: number, to: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== "" && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`Expected a number from ${from} to ${to}.`);
  };

/** A number of draft tokens, or `auto`. */
export const draftTokens = (text: string): number | "auto" => {
  if (text === "auto") return text;
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= 0 && value <= 1024) return value;
  throw new InvalidArgumentError("Expected a whole number from 0 to 1024, or auto.");
};
export const temperature: (text: string) => number = number(0, 100);
export const seed: (text: string) => number = whole(0);

/** Several values of one option, each parsed separately. */
export const list =
  <Value>(parse: (text: string) => Value) =>
  (text: string, before?: readonly Value[]): readonly Value[] => [...(before ?? []), parse(text)];

/** Text that is not empty. */
export function filled(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It is empty.");
}
