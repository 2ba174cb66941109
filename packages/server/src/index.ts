export type { ChatChunk, ChatCompletion, Envelope } from "./answer/completion.ts";
export * from "./answer/metrics.ts";
export { isLoopback } from "./http/allowed-hosts.ts";
export type { ErrorBody } from "./http/api-error.ts";
export { type AskedSampling, chosenSampling } from "./request/chosen-sampling.ts";
export * from "./request/chosen-speculation.ts";
export * from "./routes/policies.ts";
export type * from "./served-model.ts";
export * from "./server.ts";
