import type { Token } from "@lenity/core";

/** What is known after one sequence of tokens. */
export interface TreeNode<Facts> {
  readonly next: Map<Token, TreeNode<Facts>>;
  facts: Facts | undefined;
}

export const emptyNode = <Facts>(): TreeNode<Facts> => ({ next: new Map(), facts: undefined });

/** The node after one more token. */
export function child<Facts>({ next }: TreeNode<Facts>, token: Token): TreeNode<Facts> {
  const known = next.get(token);
  if (known !== undefined) return known;
  const node = emptyNode<Facts>();
  next.set(token, node);
  return node;
}

/** The node after these tokens. */
export const descend = <Facts>(root: TreeNode<Facts>, tokens: readonly Token[]): TreeNode<Facts> =>
  tokens.reduce((node, token) => child(node, token), root);
