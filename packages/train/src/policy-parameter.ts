import { LenityError, type Parameter, type Policy, type Registry, type VerifierPlugin } from "@lenity/core";

/** A number in a policy that can be replaced. */
export interface PolicyParameter {
  /** Where it is, such as `any[1].threshold`. */
  readonly path: string;
  /** What its rule says of it; undefined if it is not the rule's main parameter. */
  readonly parameter: Parameter | undefined;
  /** The policy with this value there. */
  readonly policyWith: (value: number) => Policy;
}

type Steps = readonly (string | number)[];

/**
 * Finds the option that makes a policy more or less strict. `name` is the option's name or its path; by default the
 * policy must have exactly one rule with a main parameter. The option may be missing. Rules in a preset that is named
 * within the policy are not searched. Throws `invalid_policy` if there is no such option or more than one.
 */
export function policyParameter(given: Policy, registry: Registry, name?: string): PolicyParameter {
  const policy = registry.resolve(given);
  const options = optionsIn(policy, registry, []);
  const main = options.filter(({ parameter }) => parameter !== undefined);
  const found =
    name === undefined ? main : options.filter(({ steps }) => pathOf(steps) === name || steps.at(-1) === name);
  const [only] = found;
  if (only === undefined || found.length > 1) throw ambiguous(name, found, main);
  const { steps, parameter } = only;
  return {
    path: pathOf(steps),
    parameter,
    policyWith: (value) => replaced(policy, steps, value) as Policy,
  };
}

interface Option {
  readonly steps: Steps;
  /** If it is the main parameter of its rule. */
  readonly parameter: Parameter | undefined;
}

/** The options of all rules in a policy, whether they are set or not. */
function optionsIn(value: unknown, registry: Registry, steps: Steps): Option[] {
  if (typeof value !== "object" || value === null) return [];
  const plugin = registry.plugins.find((known) => "type" in value && known.name === value.type);
  const own =
    plugin === undefined ? [] : optionsOf(plugin).map((option) => ({ ...option, steps: [...steps, ...option.steps] }));
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [...own, ...inner.flatMap(([key, child]) => optionsIn(child, registry, [...steps, key]))];
}

function optionsOf({ schema, parameter }: VerifierPlugin): Option[] {
  const names = "entries" in schema ? Object.keys(schema.entries as object) : [];
  return names.map((name) => ({ steps: [name], parameter: parameter?.name === name ? parameter : undefined }));
}

const pathOf = (steps: Steps): string =>
  steps.map((step, at) => (typeof step === "number" ? `[${step}]` : at === 0 ? step : `.${step}`)).join("");

function replaced(value: unknown, [step, ...rest]: Steps, number: number): unknown {
  if (step === undefined) return number;
  if (Array.isArray(value)) return value.map((child, at) => (at === step ? replaced(child, rest, number) : child));
  const object = value as Readonly<Record<string, unknown>>;
  return { ...object, [step]: replaced(object[step], rest, number) };
}

function ambiguous(name: string | undefined, found: readonly Option[], main: readonly Option[]): LenityError {
  const list = (options: readonly Option[]) => options.map(({ steps }) => pathOf(steps)).join(", ");
  const what = name === undefined ? "a rule with a parameter" : `the option ${JSON.stringify(name)}`;
  const problem = found.length === 0 ? `The policy does not have ${what}` : `The policy has ${what} more than once`;
  const known = found.length > 0 ? found : main;
  const hint =
    known.length === 0
      ? "Use a policy with a rule such as kl or judge, and write out presets that are named within it"
      : `Choose one of ${list(known)}`;
  return new LenityError("invalid_policy", `${problem}. ${hint}.`);
}
