import * as v from "valibot";
import { didYouMean } from "./did-you-mean.ts";
import { LenityError } from "./error.ts";
import { excerpt, quoted, shown } from "./excerpt.ts";
import { expectation } from "./expectation.ts";
import type { Law, Needs, Verifier } from "./verifier.ts";

/** The option of a rule that sets how much it accepts. */
export interface Parameter {
  readonly name: string;
  /** Whether the rule accepts more at higher values ("up") or at lower ones ("down"). */
  readonly looser: "up" | "down";
  /** Values to try when one is searched for, from strict to loose. */
  readonly values: readonly number[];
}

/** A verifier that JSON can name and configure. Options are snake_case; a misspelt one is an error. */
export interface VerifierPlugin<Options = unknown> {
  readonly name: string;
  /** One sentence that helps people choose. */
  readonly summary: string;
  /** The paper and section, or the engine, that the rule comes from. */
  readonly source?: string | undefined;
  /** What is known about the text at typical options; absent if it depends on the children. */
  readonly law?: Law | undefined;
  readonly needs?: Needs | undefined;
  /** Options that reproduce the target's own text; absent if there are none, or if it depends on the children. */
  readonly strict?: Readonly<Record<string, unknown>> | undefined;
  /** Where `strict` applies, if not at every temperature. */
  readonly strictMode?: "greedy" | undefined;
  /** The main option of a rule that can be more or less strict. */
  readonly parameter?: Parameter | undefined;
  /** Options to start from, also used by `conformance` to test the rule. Needed if an option is required. */
  readonly example?: Readonly<Record<string, unknown>> | undefined;
  readonly schema: v.GenericSchema<unknown, Options>;
  /** `path` is where this verifier is in the policy, for the errors of children. */
  create(options: Options, registry: Registry, path: string): Verifier;
}

/** Type-checks that `create` accepts the output of `schema`. */
export function verifierPlugin<Options>(plugin: VerifierPlugin<Options>): VerifierPlugin {
  return plugin;
}

/** A name for a whole policy. */
export interface Preset {
  readonly name: string;
  readonly summary: string;
  readonly policy: Policy;
  /** The best block length for it. */
  readonly draftTokens?: number | undefined;
}

/** The name of a preset, or an object with `type` and the options of that plugin. */
export type Policy = string | { readonly type: string; readonly [option: string]: unknown };

/** The verifiers and presets that may be named. A server's registry is its allow-list. */
export interface Registry {
  readonly plugins: readonly VerifierPlugin[];
  readonly presets: readonly Preset[];
  /** Creates the verifier that a policy describes. Throws `invalid_policy` with the path of the failing option. */
  create(policy: unknown, path?: string): Verifier;
  /** The policy, with a preset's name replaced by its policy. */
  resolve(policy: unknown, path?: string): Exclude<Policy, string>;
}

/**
 * Creates a registry. `missing` lists verifiers and presets that are not available, each with the end of a sentence "…
 * names judge, which …" that says what is missing.
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

/** Names must be unique: a plugin with a name in use would change the meaning of policies and presets that use it. */
function checkNames(what: string, named: readonly { readonly name: string }[]): void {
  const twice = named.find(({ name }, at) => named.findIndex((other) => other.name === name) < at);
  if (twice === undefined) return;
  throw new TypeError(
    `Two ${what} are named "${twice.name}"; expected unique names. Rename yours, or pass createRegistry a list without the other.`,
  );
}

/** Reports a misspelt option before the missing option that was probably meant. */
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
