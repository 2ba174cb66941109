import * as v from "valibot";
import { didYouMean } from "./did-you-mean.ts";
import { LenityError } from "./error.ts";
import { excerpt, quoted, shown } from "./excerpt.ts";
import { expectation } from "./expectation.ts";
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
  /**
   * Options that a reader may start from, and that `conformance` tests the rule with: needed where an option is
   * required.
   */
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

/**
 * A registry of these. `missing` names verifiers and presets that could be there, with the end of a sentence "… names
 * judge, which …" that says what they lack.
 */
export function createRegistry(
  plugins: readonly VerifierPlugin[],
  presets: readonly Preset[] = [],
  missing: Readonly<Record<string, string>> = {},
): Registry {
  checkNames("verifiers", plugins);
  checkNames("presets", presets);
  const pluginOf = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const presetOf = new Map(presets.map((preset) => [preset.name, preset]));

  const unknown = (
    kind: "unknown_preset" | "unknown_verifier",
    name: string,
    known: readonly string[],
    place: string,
  ) => {
    const path = kind === "unknown_preset" ? place : `${place}.type`;
    const what = kind === "unknown_preset" ? "unknown preset" : "unknown verifier";
    const message = Object.hasOwn(missing, name)
      ? `${place} names ${name}, which ${missing[name]}`
      : `${path} names the ${what} ${quoted(name)}. ${didYouMean(name, known)}`;
    return new LenityError("invalid_policy", message, { path, kind, subject: excerpt(name) });
  };
  const registry: Registry = {
    plugins,
    presets,
    resolve(policy, path = "policy") {
      if (typeof policy === "string") {
        const preset = presetOf.get(policy);
        if (preset === undefined) throw unknown("unknown_preset", policy, [...presetOf.keys()], path);
        return registry.resolve(preset.policy, path);
      }
      if (typeof policy === "object" && policy !== null && "type" in policy && typeof policy.type === "string") {
        return policy as Exclude<Policy, string>;
      }
      throw new LenityError(
        "invalid_policy",
        `${path} is ${shown(policy)}; expected a preset's name or an object with a "type".`,
        {
          path,
        },
      );
    },
    create(policy, path = "policy") {
      const { type, ...options } = registry.resolve(policy, path);
      const plugin = pluginOf.get(type);
      if (plugin === undefined) throw unknown("unknown_verifier", type, [...pluginOf.keys()], path);
      const parsed = v.safeParse(plugin.schema, options);
      if (!parsed.success) throw invalidOption(plugin, parsed.issues, path);
      const verifier = plugin.create(parsed.output, registry, path);
      const { draftTokens = verifier.draftTokens } = typeof policy === "string" ? (presetOf.get(policy) as Preset) : {};
      return draftTokens === verifier.draftTokens ? verifier : { ...verifier, draftTokens };
    },
  };
  return registry;
}

/**
 * One name, one meaning: a plugin of a known name would change what every policy that uses it means, and presets too.
 */
function checkNames(what: string, named: readonly { readonly name: string }[]): void {
  const twice = named.find(({ name }, at) => named.findIndex((other) => other.name === name) < at);
  if (twice === undefined) return;
  throw new TypeError(
    `Two ${what} are named "${twice.name}"; expected each name once. Rename yours, or give createRegistry a list without the other.`,
  );
}

/** A misspelt option is reported before the missing one that it was meant to be. */
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
    return new LenityError(
      "invalid_policy",
      `${path} has no option ${quoted(key)}. ${options.length === 0 ? "It takes none." : didYouMean(key, options)}`,
      { path: full, kind: "unknown_option", subject: excerpt(key) },
    );
  if (issue.received === "undefined") {
    const facts = { path: full, kind: "missing_option", subject: key } as const;
    return new LenityError("invalid_policy", `${full} is missing: "${plugin.name}" needs it.`, facts);
  }
  const expected = expectation(issue);
  const fault =
    expected === undefined ? `: ${excerpt(issue.message, 200)}.` : ` is ${shown(issue.input)}; expected ${expected}.`;
  return new LenityError("invalid_policy", `${full}${fault}`, { path: full });
}
