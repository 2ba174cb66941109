import type { Steps } from "../steps.ts";
import type { Network, Node, Rule, Step } from "./network.ts";

/** Nodes between two pauses. */
const pace = 256;

/**
 * Removes the steps from which no text can be completed, such as an item that must contain itself, so that every state
 * of the rest leads to an end. Undefined if nothing is left: no text fulfils the grammar.
 */
export function* prune(network: Network): Steps<Network | undefined> {
  const useful = yield* usefulNodes(network);
  if (!useful.has(network.root)) return undefined;
  const kept = (step: Step) => leads(step, network, useful);
  const nodes: Node[] = [];
  for (const [at, node] of network.nodes.entries()) {
    nodes.push({ ...node, steps: node.steps.filter(kept) });
    if (at % pace === 0) yield;
  }
  return { ...network, nodes };
}

/** Whether a step leads on to the end of its container, or of the text. */
function leads(step: Step, { rules }: Network, useful: ReadonlySet<number>): boolean {
  if (step.kind === "close") return true;
  if (step.kind !== "call") return useful.has(step.to);
  const rule = rules[step.rule] as Rule;
  const possible = rule.kind === "text" ? rule.text.automaton.states.length > 0 : useful.has(rule.start);
  return possible && useful.has(step.to);
}

/** The nodes from which the end of their container, or of the text, can be reached. */
function* usefulNodes(network: Network): Steps<ReadonlySet<number>> {
  const { nodes, rules } = network;
  /** The nodes that may become useful when a node does: by a step to it, or by a call of the rule that it begins. */
  const before: number[][] = nodes.map(() => []);
  for (const [at, { steps }] of nodes.entries()) {
    if (at % pace === 0) yield;
    for (const step of steps) {
      if (step.kind === "close") continue;
      before[step.to]?.push(at);
      const rule = step.kind === "call" ? rules[step.rule] : undefined;
      if (rule?.kind === "container") before[rule.start]?.push(at);
    }
  }
  const useful = new Set<number>();
  const left = [...nodes.keys()];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (at % pace === 0) yield;
    const { steps, ends } = nodes[at] as Node;
    if (useful.has(at) || !(ends || steps.some((step) => leads(step, network, useful)))) continue;
    useful.add(at);
    for (const other of before[at] as number[]) left.push(other);
  }
  return useful;
}
