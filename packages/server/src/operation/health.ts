import type { EngineState, LanguageModel } from "@lenity/core";
import type { Queue } from "../answer/queue.ts";
import type { ReadyModel } from "../answer/ready-model.ts";

export interface Health {
  readonly status: "ok" | "failed";
  readonly models: readonly object[];
  readonly queue: Pick<Queue, "active" | "waiting">;
}

/** The body of `/health`. "failed": a model has no working engine, and only a restart of the process helps. */
export function healthOf(models: ReadonlyMap<string, ReadyModel>, { active, waiting }: Queue): Health {
  const enginesOf = ({ engines }: LanguageModel) =>
    engines?.map(({ keptBytes, ...state }) => ({ ...state, kept_bytes: keptBytes }));
  const modelOf = ({ id, registry, drafters, target, draft }: ReadyModel) => ({
    id,
    context_length: target.contextLength,
    policies: registry.presets.map(({ name }) => name),
    verifiers: registry.plugins.map(({ name }) => name),
    drafters: Object.keys(drafters),
    device: target.device,
    draft_device: draft?.device,
    engines: enginesOf(target),
    draft_engines: draft === undefined ? undefined : enginesOf(draft),
  });
  const failed = enginesOfAll(models).some((engines) => engines.every(({ state }) => state === "failed"));
  return { status: failed ? "failed" : "ok", models: [...models.values()].map(modelOf), queue: { active, waiting } };
}

/** Whether each model has an engine that runs, so that requests are answered at once. */
export function isReady(models: ReadonlyMap<string, ReadyModel>): boolean {
  return enginesOfAll(models).every((engines) => engines.some(({ state }) => state === "ready"));
}

/** The engines of each model that tells of them. */
function enginesOfAll(models: ReadonlyMap<string, ReadyModel>): (readonly EngineState[])[] {
  return [...models.values()]
    .flatMap(({ target, draft }) => [target.engines ?? [], draft?.engines ?? []])
    .filter(({ length }) => length > 0);
}
