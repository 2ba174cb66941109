import type { LanguageModel } from "@lenity/core";
import type { WorkerLink } from "../protocol/link.ts";

/** Whether a worker runs the model. */
type RunsOn = (link: WorkerLink) => boolean;

const known = new WeakMap<LanguageModel, RunsOn>();

/** Remembers where a model runs, and returns the model. */
export function asRunning<Model extends LanguageModel>(model: Model, runsOn: RunsOn): Model {
  known.set(model, runsOn);
  return model;
}

/** Whether that worker runs the model. Never if it is another package's, or wrapped. */
export const runsOn = (model: LanguageModel, link: WorkerLink): boolean => known.get(model)?.(link) === true;
