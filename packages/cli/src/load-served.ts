import { type LoadModelsOptions, loadModels, type ServedModels } from "./load-models.ts";
import { loadRemote } from "./load-remote.ts";

/** Loads the models of a command that answers: here, or with `--target` from elsewhere. */
export const loadServed = (options: LoadModelsOptions, use: "messages" | "texts" = "texts"): Promise<ServedModels> =>
  options.target === undefined ? loadModels(options, use) : loadRemote({ ...options, target: options.target }, use);
