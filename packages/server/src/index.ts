export { isLoopback } from "./allowed-hosts.ts";
export type { ErrorBody } from "./api-error.ts";
export { type AskedSampling, chosenSampling } from "./chosen-sampling.ts";
export * from "./chosen-speculation.ts";
export type { ChatChunk, ChatCompletion, Envelope } from "./completion.ts";
export * from "./metrics.ts";
export * from "./policies.ts";
export type * from "./served-model.ts";
export * from "./server.ts";
