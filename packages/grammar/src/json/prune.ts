import type { Network, Node, Rule, Step } from "./network.ts";

/**
 * Removes the steps from which no text can be completed, such as an item that must contain itself, so that every state
 * of the rest leads to an end. Undefined if nothing is left: no text fulfils the grammar.
 */
export function prune(network: Network): Network | undefined {
  const { nodes, rules } = network;
  const useful = usefulNodes(network);
  const fulfillable = (rule: Rule) =>
    rule.kind === "text" ? rule.text.automaton.states.length > 0 : useful.has(rule.start);
  const kept = (step: Step): boolean => {
    if (step.kind === "close") return true;
    if (step.kind === "call" && !fulfillable(rules[step.rule] as Rule)) return false;
    return useful.has(step.to);
  };
  if (!useful.has(network.root)) return undefined;
  return { ...network, nodes: nodes.map((node) => ({ ...node, steps: node.steps.filter(kept) })) };
}

/** The nodes from which the end of their container, or of the text, can be reached. */
function usefulNodes({ nodes, rules }: Network): ReadonlySet<number> {
  /** The nodes with a step to a node, and those with a call of the rule that starts at a node. */
  const before: number[][] = nodes.map(() => []);
  const callers: number[][] = nodes.map(() => []);
  const useful = new Set<number>();
  const left: number[] = [];
  const mark = (at: number) => {
    if (useful.has(at) || !canGoOn(nodes[at] as Node)) return;
    useful.add(at);
    left.push(at);
  };
  const canGoOn = ({ steps, ends }: Node): boolean => ends || steps.some(leads);
  const leads = (step: Step): boolean => {
    if (step.kind === "close") return true;
    if (step.kind !== "call") return useful.has(step.to);
    const rule = rules[step.rule] as Rule;
    const possible = rule.kind === "text" ? rule.text.automaton.states.length > 0 : useful.has(rule.start);
    return possible && useful.has(step.to);
  };
  for (const [at, { steps }] of nodes.entries()) {
    for (const step of steps) {
      if (step.kind === "close") continue;
      (before[step.to] as number[]).push(at);
      const rule = step.kind === "call" ? rules[step.rule] : undefined;
      if (rule?.kind === "container") (callers[rule.start] as number[]).push(at);
    }
  }
  for (const at of nodes.keys()) mark(at);
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const other of before[at] as number[]) mark(other);
    for (const other of callers[at] as number[]) mark(other);
  }
  return useful;
}
