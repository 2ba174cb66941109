/** Targets that run elsewhere. */
export { type EngineName, engines, type RemoteOptions } from "./options.ts";
export { type RemoteModel, remoteModel } from "./remote-model.ts";
export type { Wire } from "./wire.ts";
