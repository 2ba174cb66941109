/** Targets that run elsewhere, and drafting for them. */
export { eagerDrafter, type Guesses } from "./eager-drafter.ts";
export { type EngineName, engines, type RemoteOptions } from "./options.ts";
export { pacedDrafter } from "./paced-drafter.ts";
export { type RemoteModel, remoteModel } from "./remote-model.ts";
export type { Wire } from "./wire.ts";
