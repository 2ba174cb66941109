import * as v from "valibot";
import { LenityError } from "./error.ts";
import { excerpt, quoted, shown } from "./excerpt.ts";
import { expectation } from "./expectation.ts";
import { didYouMean } from "./nearest.ts";
import type { Law, Needs, Verifier } from "./verifier.ts";

/** A verifier that JSON can name and configure. Options are snake_case; a misspelt one is an error. */
export interface VerifierPlugin<Options = unknown> {
  readonly name: string;
  /** One sentence for people who choose. */
  readonly summary: string;
  /** The paper and section, or the engine, that the rule comes from. */
  readonly source?: string | undefined;
  /** What is known of the text at usual options; absent when it depends on the children. */
  readonly law?: Law | undefined;
  readonly needs?: Needs | undefined;
  /** Options under which the target's own text comes out; absent when there are none, or they are the children's. */
  readonly strict?: Readonly<Record<string, unknown>> | undefined;
  /** Where `strict` holds, when not at every temperature. */
  readonly strictMode?: "greedy" | undefined;
  /** Options that a reader may start from. */
  readonly example?: Readonly<Record<string, unknown>> | undefined;
  readonly schema: v.GenericSchema<unknown, Options>;
  /** `path` says where in the policy this one stands, for errors of children. */
  create(options: Options, registry: Registry, path: string): Verifier;
}

/** Checks that `create` takes what `schema` gives. */
export function verifierPlugin<Options>(plugin: VerifierPlugin<Options>): VerifierPlugin {
  return plugin;
}

/** A name for a whole policy. */
export interface Preset {
  readonly name: string;
  readonly summary: string;
  readonly policy: Policy;
  /** The block length that suits it. */
  readonly draftTokens?: number | undefined;
}

/** A preset's name, or an object with `type` and that plugin's options. */
export type Policy = string | { readonly type: string; readonly [option: string]: unknown };

/** The verifiers and presets that may be named. The registry handed to a server is its allow-list. */
export interface Registry {
  readonly plugins: readonly VerifierPlugin[];
  readonly presets: readonly Preset[];
  /** The verifier that a policy describes; throws `invalid_policy` with the path of the failing option. */
  create(policy: unknown, path?: string): Verifier;
  /** The policy with presets replaced by what they stand for. */
  resolve(policy: unknown, path?: string): Exclude<Policy, string>;
}

export function createRegistry(plugins: readonly VerifierPlugin[], presets: readonly Preset[] = []): Registry {
  const pluginOf = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const presetOf = new Map(presets.map((preset) => [preset.name, preset]));

  const registry: Registry = {
    plugins,
    presets,
    resolve(policy, path = "policy") {
      if (typeof policy === "string") {
        const preset = presetOf.get(policy);
        if (preset === undefined) throw unknownName(`${path} names the unknown preset`, policy, [...presetOf.keys()], path);
        return registry.resolve(preset.policy, path);
      }
      if (typeof policy === "object" && policy !== null && "type" in policy && typeof policy.type === "string") {
        return policy as Exclude<Policy, string>;
      }
      throw new LenityError("invalid_policy", `${path} is ${shown(policy)}; expected a preset's name or an object with a "type".`, {
        path,
      });
    },
    create(policy, path = "policy") {
      const { type, ...options } = registry.resolve(policy, path);
      const plugin = pluginOf.get(type);
      if (plugin === undefined) throw unknownName(`${path}.type names the unknown verifier`, type, [...pluginOf.keys()], `${path}.type`);
      const parsed = v.safeParse(plugin.schema, options);
      if (!parsed.success) throw invalidOption(plugin, parsed.issues, path);
      return plugin.create(parsed.output, registry, path);
    },
  };
  return registry;
}

/** A misspelt option is told before the missing one that it was meant to be. */
function invalidOption(
  plugin: VerifierPlugin,
  issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]],
  path: string,
): LenityError {
  const issue = issues.find(({ expected }) => expected === "never") ?? issues[0];
  const at = v.getDotPath(issue);
  const full = at === null ? path : `${path}.${excerpt(at)}`;
  const options = "entries" in plugin.schema ? Object.keys(plugin.schema.entries as object) : [];
  const key = String(at);
  if (issue.type === "strict_object" && at !== null && !options.includes(key))
    return unknownName(`${path} has no option`, key, options, full);
  if (issue.received === "undefined")
    return new LenityError("invalid_policy", `${full} is missing: "${plugin.name}" needs it.`, { path: full });
  const expected = expectation(issue);
  const fault = expected === undefined ? `: ${excerpt(issue.message, 200)}.` : ` is ${shown(issue.input)}; expected ${expected}.`;
  return new LenityError("invalid_policy", `${full}${fault}`, { path: full });
}

function unknownName(what: string, given: string, known: readonly string[], path: string): LenityError {
  return new LenityError(
    "invalid_policy",
    `${what} ${quoted(given)}. ${known.length === 0 ? "It takes none." : didYouMean(given, known)}`,
    {
      path,
    },
  );
}
