/**
 * What the server has done since it started, for `/metrics`: vLLM's names after the colon, each with the policy and its
 * law, so that what lossy policies cost can be told apart.
 */
import type { EngineState, GenerateEvent } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { AnswerEvents } from "../answer/answer-events.ts";
import type { Job } from "../answer/job.ts";
import type { Queue } from "../answer/queue.ts";
import type { ReadyModel } from "../answer/ready-model.ts";
import type { LogEntry } from "./log-entry.ts";
import { counter, gauge, histogram, type Labels } from "./prometheus.ts";

export interface Tally {
  /** Passes the events of a request's answers through and counts them. */
  counted(events: AnswerEvents, jobs: readonly Job[], requestId: string): AnswerEvents;
  /** Counts an error response or an answer that failed. */
  failed(status: number, code: string | null): void;
  /** Prometheus' text. */
  text(models: ReadonlyMap<string, ReadyModel>, queue: Queue): string;
}

/** Seconds. */
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Creates it. `log` gets an entry for each answer. */
export function tally(log: (entry: LogEntry) => void): Tally {
  const firstToken = histogram("lenity:time_to_first_token_seconds", "From the request to the first token.", bounds);
  const latency = histogram("lenity:e2e_request_latency_seconds", "From the request to the end of its answer.", bounds);
  const metrics = {
    success: counter("lenity:request_success_total", "Finished answers."),
    errors: counter("lenity:request_errors_total", "Error responses, and answers that broke off."),
    prompt: counter("lenity:prompt_tokens_total", "Tokens of prompts."),
    cached: counter("lenity:prompt_tokens_cached_total", "Tokens of prompts that were found in a cache."),
    generated: counter("lenity:generation_tokens_total", "Tokens of answers."),
    drafts: counter("lenity:spec_decode_num_drafts_total", "Rounds: passes of the target that verified a block."),
    drafted: counter("lenity:spec_decode_num_draft_tokens_total", "Drafted tokens."),
    accepted: counter("lenity:spec_decode_num_accepted_tokens_total", "Accepted drafted tokens."),
    perPosition: counter(
      "lenity:spec_decode_num_accepted_tokens_per_pos_total",
      "Rounds that accepted the drafted token at this position, from 0.",
    ),
    relaxed: counter("lenity:relaxed_tokens_total", "Tokens that strict verification would have rejected."),
    spent: counter("lenity:ledger_spent_nats_total", "Nats that ledgers have charged."),
    looping: counter("lenity:looping_answers_total", "Answers that repeated themselves."),
    ...{ firstToken, latency },
  };

  const finished = (labels: Labels, { answer }: Extract<GenerateEvent, { type: "finish" }>) => {
    const { counters } = answer;
    metrics.success.add({ ...labels, finished_reason: answer.reason });
    metrics.prompt.add(labels, answer.promptTokens);
    metrics.cached.add(labels, counters.cached);
    metrics.generated.add(labels, answer.tokens.length);
    metrics.drafts.add(labels, counters.rounds);
    metrics.drafted.add(labels, counters.drafted);
    metrics.accepted.add(labels, counters.accepted);
    metrics.relaxed.add(labels, counters.relaxed);
    metrics.spent.add(labels, counters.spent);
    metrics.looping.add(labels, counters.looping ? 1 : 0);
    let reached = counters.rounds;
    for (let position = 0; position + 1 < counters.histogram.length; position++) {
      reached -= counters.histogram[position] ?? 0;
      metrics.perPosition.add({ ...labels, position }, reached);
    }
  };
  return {
    counted(events, jobs, requestId) {
      const began = performance.now();
      const labelsOfJob = jobs.map(labelsOf);
      let first: number | undefined;
      const all = async function* (): AnswerEvents {
        for await (const event of events) {
          const seconds = (performance.now() - began) / 1000;
          const labels = labelsOfJob[event.index] as ReturnType<typeof labelsOf>;
          if (first === undefined && event.type === "delta") firstToken.add(labels, (first = seconds));
          if (event.type === "finish") {
            finished(labels, event);
            latency.add(labels, seconds);
            const { promptTokens, tokens, reason } = event.answer;
            log({
              ...{ event: "answer", request_id: requestId, ...labels, finish_reason: reason },
              ...{ prompt_tokens: promptTokens, completion_tokens: tokens.length },
              ...{ first_token_ms: round((first ?? seconds) * 1000), ms: round(seconds * 1000) },
            });
          }
          yield event;
        }
      };
      return closing(all(), () => events.return());
    },
    failed: (status, code) => metrics.errors.add({ status, code: code ?? "" }),
    text: (models, queue) =>
      [...Object.values(metrics).map((metric) => metric.text()), present(models, queue)].join(""),
  };
}

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** A policy that is no preset is "custom": clients could otherwise add labels without end. */
function labelsOf({ model, speculation }: Job) {
  const text = JSON.stringify(speculation.policy);
  const preset = model.registry.presets.find(({ policy }) => JSON.stringify(policy) === text);
  const law = speculation.maxDraftTokens === 0 ? "exact" : speculation.verifier.law;
  return { model_name: model.id, policy: preset?.name ?? "custom", law };
}

function present(models: ReadonlyMap<string, ReadyModel>, queue: Queue): string {
  const engines = (of: (state: EngineState) => number) =>
    [...models.values()].flatMap(({ id, target, draft }) =>
      [target, draft].flatMap((model, at) =>
        (model?.engines ?? []).map((state, engine) => {
          return [{ model_name: id, role: at === 0 ? "target" : "draft", engine }, of(state)] as const;
        }),
      ),
    );
  return [
    gauge("lenity:num_requests_running", "Answers that are being decoded.", [[{}, queue.active]]),
    gauge("lenity:num_requests_waiting", "Requests that wait for a place.", [[{}, queue.waiting]]),
    gauge(
      "lenity:engine_ready",
      "Whether the engine runs.",
      engines(({ state }) => (state === "ready" ? 1 : 0)),
    ),
    gauge(
      "lenity:engine_restarts",
      "How often the engine was replaced.",
      engines(({ restarts }) => restarts),
    ),
    gauge(
      "lenity:cache_kept_bytes",
      "Caches kept for later prompts.",
      engines(({ keptBytes }) => keptBytes),
    ),
  ].join("");
}
