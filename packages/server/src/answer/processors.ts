import {
  frequencyPenalty,
  type LogitsProcessor,
  logitBias,
  minimumLength,
  presencePenalty,
  repetitionPenalty,
  type Token,
} from "@lenity/core";
import { quoted } from "@lenity/core/internal";
import { ApiError } from "../http/api-error.ts";
import type { AnswerRequest } from "../request/answer-fields.ts";
import { refusedValue } from "../request/checked.ts";

/** What of a model its processors must know. */
export interface ProcessedModel {
  /** Ids are below this. */
  readonly vocabulary: number;
  readonly eos: readonly Token[];
}

/**
 * The processors that a request asks for, in vLLM's order: biases, the minimum length, then penalties. Throws a 400 for
 * the bias of an id that is none, and for a minimum above the maximum.
 */
export function processorsOf(request: AnswerRequest, model: ProcessedModel, maxTokens?: number): LogitsProcessor[] {
  const { frequency_penalty: frequency, presence_penalty: presence, repetition_penalty: repetition } = request;
  const least = request.min_tokens ?? 0;
  if (maxTokens !== undefined && least > maxTokens)
    throw refusedValue("min_tokens", least, `at most ${maxTokens}, the most tokens that the request allows`);
  const bias = Object.entries(request.logit_bias ?? {});
  for (const [id] of bias) checkId(id, model);
  const processors: LogitsProcessor[] = [];
  if (bias.length > 0) processors.push(logitBias(Object.fromEntries(bias)));
  if (least > 0) processors.push(minimumLength(least, model.eos));
  if (repetition != null && repetition !== 1) processors.push(repetitionPenalty(repetition));
  if (frequency != null && frequency !== 0) processors.push(frequencyPenalty(frequency));
  if (presence != null && presence !== 0) processors.push(presencePenalty(presence));
  return processors;
}

function checkId(id: string, { vocabulary }: ProcessedModel): void {
  if (/^(0|[1-9]\d{0,9})$/.test(id) && Number(id) < vocabulary) return;
  throw new ApiError(400, `logit_bias has the key ${quoted(id)}; expected ids of tokens, 0 to ${vocabulary - 1}.`, {
    param: "logit_bias",
    code: "invalid_value",
  });
}
