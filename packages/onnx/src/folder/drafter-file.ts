/** The ending of drafter file names. */
export const drafterEnding = ".drafter.onnx";

/** The path of a model file's drafter: beside it and named after it, since it has the same weights. */
export function drafterFile(modelFile: string): string {
  return modelFile.replace(/(\.onnx)?$/, drafterEnding);
}

/** What to do about a drafter file that does not belong to its model. */
export const drafterRemedy =
  "Export it again from the model's folder (exportDrafter), or delete it: drafting then runs the model token by token, which is slower.";
