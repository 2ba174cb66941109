import { LenityError } from "@lenity/core";
import { unmetNeed } from "@lenity/core/internal";
import { chosenSampling, chosenSpeculation, type Speculation } from "@lenity/server";
import type { AnswerOptions } from "../answer.ts";
import type { ServedModels } from "../load-models.ts";

export interface ChatOptions extends AnswerOptions {
  readonly system?: string | undefined;
}

/** What a person can change in the middle of a conversation. */
export type Changeable = Pick<ChatOptions, "policy" | "draftTokens" | "drafter" | "temperature" | "seed" | "system">;

/** How the next answer is drafted, verified and sampled. */
export interface ChatSettings {
  readonly options: ChatOptions;
  /** As the command was started. */
  readonly initial: ChatOptions;
  readonly speculation: Speculation;
  /** The settings that follow from the options and the model. */
  readonly temperature: number;
  readonly drafter: string;
  /** Changes options for the answers to come. Throws what these options throw as flags, and then changes nothing. */
  change(part: Partial<Changeable>): void;
}

/** Checks the options as those of a request: throws the errors of `chosenSpeculation`, and `unsupported`. */
export function chatSettings(initial: ChatOptions, models: ServedModels): ChatSettings {
  let options = initial;
  let speculation = checked(options, models);
  return {
    initial,
    get options() {
      return options;
    },
    get speculation() {
      return speculation;
    },
    get temperature() {
      return chosenSampling(options, models.sampling).temperature;
    },
    get drafter() {
      return speculation.createDrafter === undefined
        ? "none"
        : (options.drafter ?? Object.keys(models.drafters)[0] ?? "none");
    },
    change(part) {
      const changed = { ...options, ...part };
      speculation = checked(changed, models);
      options = changed;
    },
  };
}

function checked(options: ChatOptions, models: ServedModels): Speculation {
  const speculation = chosenSpeculation(options, models);
  const { verifier, createDrafter } = speculation;
  if (createDrafter === undefined) return speculation;
  const { temperature } = chosenSampling(options, models.sampling);
  const missing = unmetNeed(verifier.needs, models.target, createDrafter(), temperature);
  if (missing !== undefined)
    throw new LenityError("unsupported", `Policy "${verifier.name}" ${missing}`, { path: "policy" });
  return speculation;
}
