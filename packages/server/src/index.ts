export type { ChatLogprob, ChatLogprobs, ListedLogprob } from "./answer/chat-logprobs.ts";
export type { ChatChunk, ChatCompletion, Envelope, Facts } from "./answer/completion.ts";
export {
  type AskedFor,
  type Metrics,
  metricsOf,
  type TraceEntry,
  traceOf,
  tracer,
  type Usage,
  usageOf,
} from "./answer/metrics.ts";
export type { TextChoice, TextCompletion } from "./answer/text-completion.ts";
export type { PromptLogprob, TextLogprobs } from "./answer/text-logprobs.ts";
export { isLoopback } from "./http/allowed-hosts.ts";
export type { ErrorBody } from "./http/api-error.ts";
export type { ApiKey } from "./http/auth.ts";
export type { LogEntry } from "./operation/log-entry.ts";
export { type AskedSampling, chosenSampling } from "./request/chosen-sampling.ts";
export * from "./request/chosen-speculation.ts";
export * from "./routes/policies.ts";
export type { DetokenizeAnswer, DetokenizeRequest, TokenizeAnswer, TokenizeRequest } from "./routes/tokens.ts";
export type * from "./served-model.ts";
export * from "./server.ts";
export type * from "./server-options.ts";
