/** What the names of drafter files end with. */
export const drafterEnding = ".drafter.onnx";

/** Where the drafter of a model file lies: beside it, named after it, since it holds the same weights. */
export function drafterFile(modelFile: string): string {
  return modelFile.replace(/(\.onnx)?$/, drafterEnding);
}

/** What to do about a drafter file that does not belong to its model. */
export const drafterRemedy =
  "Write it again from the model's folder (exportDrafter), or delete it: drafting then steps the model, which is slower.";
