import type { Law, Needs, Parameter, Policy, Registry } from "@lenity/core";
import { toJsonSchema } from "@valibot/to-json-schema";

/** The presets and verifiers of a registry, for people and programs to choose from. */
export interface PolicyList {
  readonly presets: readonly {
    readonly name: string;
    readonly summary: string;
    readonly policy: Policy;
    readonly law: Law;
    readonly draft_tokens?: number | undefined;
  }[];
  readonly verifiers: readonly {
    readonly type: string;
    readonly summary: string;
    /** The paper and section, or the engine, that the rule comes from. */
    readonly source?: string | undefined;
    /** What is known about the text; absent if it depends on the children. */
    readonly law?: Law | undefined;
    readonly needs: Needs;
    /** Options that reproduce the target's own text. */
    readonly strict?: object | undefined;
    /** "greedy": strict only at temperature 0. */
    readonly strict_mode?: "greedy" | undefined;
    /** The main option of a rule that can be more or less strict. */
    readonly parameter?: Parameter | undefined;
    readonly example?: object | undefined;
    /** JSON Schema of the options other than `type`. */
    readonly options: object;
  }[];
}

/** Every preset and verifier of the registry, with options as JSON Schema. */
export function policyList(registry: Registry): PolicyList {
  return {
    presets: registry.presets.map(({ name, summary, policy, draftTokens }) => {
      return { name, summary, policy, law: registry.create(name).law, draft_tokens: draftTokens };
    }),
    verifiers: registry.plugins.map(({ name, needs, strictMode, schema, ...plugin }) => ({
      type: name,
      summary: plugin.summary,
      source: plugin.source,
      law: plugin.law,
      needs: needs ?? {},
      strict: plugin.strict,
      strict_mode: strictMode,
      parameter: plugin.parameter,
      example: plugin.example,
      options: toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], { errorMode: "ignore" }),
    })),
  };
}
