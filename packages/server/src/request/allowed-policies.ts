import { createRegistry, type Policy, type Registry } from "@lenity/core";
import { didYouMean, quoted } from "@lenity/core/internal";
import type { ServedModel } from "../served-model.ts";

/**
 * The registry with only the named presets and verifiers. A preset is allowed as a whole, whatever verifiers it is made
 * of; an expression only if all verifiers in it are named. Throws RangeError for a name that the registry lacks.
 */
export function allowedPolicies(registry: Registry, names: readonly string[]): Registry {
  const all = [...registry.presets, ...registry.plugins].map(({ name }) => name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new RangeError(`There is no preset or verifier ${quoted(unknown)} to allow. ${didYouMean(unknown, all)}`);
  const allowed = new Set(names);
  const presets = registry.presets.filter(({ name }) => allowed.has(name));
  const plugins = registry.plugins.filter(({ name }) => allowed.has(name));
  const why = `is not allowed here. Allowed: ${names.join(", ")}.`;
  const others = Object.fromEntries(all.filter((name) => !allowed.has(name)).map((name) => [name, why]));
  const inner = createRegistry(plugins, presets, others);
  const isPreset = (policy: unknown) => presets.some(({ name }) => name === policy);
  return {
    presets,
    plugins,
    resolve: (policy, path) => (isPreset(policy) ? registry : inner).resolve(policy, path),
    create: (policy, path) => (isPreset(policy) ? registry : inner).create(policy, path),
  };
}

/**
 * The model with only these policies. Requests that name none get the model's default if it is allowed, else the first
 * of them.
 */
export function withPolicies<Model extends ServedModel>(model: Model, names: readonly string[] | undefined): Model {
  if (names === undefined) return model;
  const usual: Policy = model.policy ?? "strict";
  const policy = typeof usual === "string" && !names.includes(usual) ? names[0] : usual;
  return { ...model, registry: allowedPolicies(model.registry, names), policy };
}
